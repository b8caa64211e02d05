// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/detail/typeregistry.h>
#include <QtPrefork/detail/valuetypes.h>

#include "wire/coretypes_p.h"
#include "wire/iterables_p.h"
#include "wire/timetags_p.h"

#include <QtCore/QDataStream>
#include <QtCore/QDateTime>
#include <QtCore/QFloat16>
#include <QtCore/QIODevice>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

namespace Prefork::detail {

namespace {

template <class T>
const T &contents(const QVariant &value)
{
    return *static_cast<const T *>(value.constData());
}

// Writes a text and counts the memory that the reader will need for it in a list or map: by its length in UTF-8, which
// is what the reader sees.
void writeString(CborWriter &writer, QStringView text)
{
    const qsizetype before = writer.position();
    writer.writeText(text);
    writer.count(stringCost<QString>(writer.position() - before));
}

template <class List>
void writeList(CborWriter &writer, const List &list)
{
    if (!writer.enter())
        return;
    writer.beginArray(quint64(list.size()));
    writer.count(sequenceCost<QVariantList>(list.size()));
    for (const auto &item : list) {
        if (writer.hasFailed())
            break;
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, QString>)
            writeString(writer, item);
        else
            writer.writeVariant(item);
    }
    writer.leave();
}

template <class Map>
void writeMap(CborWriter &writer, const Map &map)
{
    if (!writer.enter())
        return;
    writer.beginMap(quint64(map.size()));
    writer.count(mapCost<QVariantMap>(map.size()));
    for (auto entry = map.cbegin(); entry != map.cend() && !writer.hasFailed(); ++entry) {
        writeString(writer, entry.key());
        writer.writeVariant(entry.value());
    }
    writer.leave();
}

// Writes a map with keys of any type. Two keys that become the same text are an error, for one entry would be lost.
void writeAssociation(CborWriter &writer, const Wire::AssociativeView &entries)
{
    QVariantMap map;
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        const QVariant key = entry.key();
        const std::optional<QString> text = Wire::textOfKey(key);
        if (!text) {
            writer.fail(QStringLiteral("a map key of type %1").arg(QLatin1StringView(key.metaType().name())));
            return;
        }
        if (map.contains(*text)) {
            writer.fail(QStringLiteral("a map with the key '%1' several times").arg(*text));
            return;
        }
        map.insert(*text, entry.value());
    }
    writeMap(writer, map);
}

void writeSequence(CborWriter &writer, const Wire::SequentialView &items)
{
    QVariantList list;
    for (const QVariant &item : items)
        list.append(item);
    writeList(writer, list);
}

void writeEnum(CborWriter &writer, const QVariant &value)
{
    if (value.metaType().flags() & QMetaType::IsUnsignedEnumeration)
        writer.writeUnsigned(value.toULongLong());
    else
        writer.writeSigned(value.toLongLong());
}

void writeOther(CborWriter &writer, const QVariant &value)
{
    const QMetaType type = value.metaType();
    const QByteArray *const name = writer.types() ? writer.types()->nameOf(type) : nullptr;
    if (name)
        writer.writeRegistered(*name, type, value.constData());
    else if (Wire::coreTag(type))
        Wire::writeCore(writer, value);
    else if (type.id() == QMetaType::QJsonDocument)
        writer.writeVariant(contents<QJsonDocument>(value).toVariant());
    else if (type == QMetaType::fromType<qfloat16>())
        writer.writeDouble(double(float(contents<qfloat16>(value))));
    else if (type.flags() & QMetaType::IsEnumeration)
        writeEnum(writer, value);
    else if (value.canConvert<Wire::AssociativeView>())
        writeAssociation(writer, value.value<Wire::AssociativeView>());
    else if (value.canConvert<Wire::SequentialView>())
        writeSequence(writer, value.value<Wire::SequentialView>());
    else if (isGadget(type))
        writeGadget(writer, *type.metaObject(), value.constData());
    else if (Wire::typesOfPair(type).first.isValid())
        writeList(writer, Wire::itemsOfPair(value));
    else if (const ValueType *const known = valueTypeOf(type))
        writer.writeVariant(known->toVariant(value.constData()));
    else
        writer.fail(QStringLiteral("a value whose type %1 %2")
                        .arg(QLatin1StringView(type.name()), TypeRegistry::missing(writer.types(), type)));
}

}

void CborWriter::writeVariant(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        return writeUndefined();
    case QMetaType::Nullptr:
    case QMetaType::Void:
        return writeNull();
    case QMetaType::Bool:
        return writeBool(contents<bool>(value));
    case QMetaType::UChar:
    case QMetaType::UShort:
    case QMetaType::UInt:
    case QMetaType::ULong:
    case QMetaType::ULongLong:
        return writeUnsigned(value.toULongLong());
    case QMetaType::Char16:
        return writeUnsigned(contents<char16_t>(value));
    case QMetaType::Char32:
        return writeUnsigned(contents<char32_t>(value));
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::Short:
    case QMetaType::Int:
    case QMetaType::Long:
    case QMetaType::LongLong:
        return writeSigned(value.toLongLong());
    case QMetaType::Float:
    case QMetaType::Double:
        return writeDouble(value.toDouble());
    case QMetaType::QString:
        return writeString(*this, contents<QString>(value));
    case QMetaType::QByteArray:
        count(stringCost<QByteArray>(contents<QByteArray>(value).size()));
        return writeBytes(contents<QByteArray>(value));
    case QMetaType::QChar:
    case QMetaType::QDate:
    case QMetaType::QTime:
    case QMetaType::QDateTime:
        return Wire::writeTimed(*this, value);
    case QMetaType::QUrl:
        return writeUrl(contents<QUrl>(value));
    case QMetaType::QUuid:
        return writeUuid(contents<QUuid>(value));
    case QMetaType::QVariantList:
        return writeList(*this, contents<QVariantList>(value));
    case QMetaType::QStringList:
        return writeList(*this, contents<QStringList>(value));
    case QMetaType::QVariantMap:
        return writeMap(*this, contents<QVariantMap>(value));
    case QMetaType::QVariantHash:
        return writeMap(*this, contents<QVariantHash>(value));
    case QMetaType::QJsonValue:
        return writeVariant(contents<QJsonValue>(value).toVariant());
    case QMetaType::QJsonObject:
        return writeVariant(contents<QJsonObject>(value).toVariantMap());
    case QMetaType::QJsonArray:
        return writeVariant(contents<QJsonArray>(value).toVariantList());
    default:
        return writeOther(*this, value);
    }
}

void CborWriter::writeDateTime(const QDateTime &value)
{
    if (value.isValid())
        Wire::writeDateTime(*this, value);
    else
        writeNull();
}

void CborWriter::writeUrl(const QUrl &value)
{
    const QByteArray address = value.toEncoded();
    if (!value.isValid() && !value.errorString().isEmpty())
        return fail(QStringLiteral("a QUrl that is not valid"));
    writeTag(32);
    writeUtf8(address);
    count(urlCost(address.size()));
}

void CborWriter::writeUuid(const QUuid &value)
{
    writeTag(37);
    writeBytes(value.toRfc4122());
}

void CborWriter::writeRegistered(const QByteArray &registeredName, QMetaType type, const void *data)
{
    const QByteArray name = registeredName; // a copy, because the operator<< may register further types
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    stream.setVersion(QDataStream::Qt_6_4);
    if (!TypeRegistry::save(name, type, stream, data) || stream.status() != QDataStream::Ok)
        return fail(QStringLiteral("a value of type %1: its operator<< failed").arg(QLatin1StringView(type.name())));
    if (!enter())
        return;
    writeTag(27);
    beginArray(3);
    writeUtf8(name);
    writeBytes(bytes);
    writeUnsigned(QDataStream::Qt_6_4);
    count(blockCost(type.sizeOf()) + RegisteredRatio * bytes.size());
    leave();
}

}
