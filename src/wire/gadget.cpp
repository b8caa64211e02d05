// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/gadget.h>

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/valuetypes.h>

#include "wire/coretypes_p.h"
#include "wire/iterables_p.h"

#include <QtCore/QMetaProperty>

#include <optional>
#include <vector>

namespace Prefork::detail {

namespace {

template <class T>
bool store(const QVariant &value, QVariant *out, MemoryMeter *memory = nullptr)
{
    T converted{};
    if (!fromVariant(value, &converted, memory))
        return false;
    *out = QVariant::fromValue(std::move(converted));
    return true;
}

bool storeList(const QVariant &value, QVariant *out, MemoryMeter *memory)
{
    QVariantList list;
    if (!fromVariant(value, &list))
        return false;
    auto view = out->view<Wire::SequentialView>();
    const QMetaType itemType = view.metaContainer().valueMetaType();
    const bool isSet = Wire::isSetType(out->metaType());
    for (const QVariant &item : std::as_const(list)) {
        QVariant converted;
        if ((memory && !memory->charge(Wire::itemCost(view))) || !convertVariant(item, itemType, &converted, memory))
            return false;
        const qsizetype before = isSet ? view.size() : 0;
        Wire::addItem(view, converted);
        if (isSet && view.size() == before)
            return false;
    }
    return true;
}

bool storeMap(const QVariant &value, QVariant *out, MemoryMeter *memory)
{
    QVariantMap map;
    if (!fromVariant(value, &map))
        return false;
    auto view = out->view<Wire::AssociativeView>();
    const QMetaType itemType = view.metaContainer().mappedMetaType();
    const QMetaType keyType = view.metaContainer().keyMetaType();
    for (auto entry = map.cbegin(); entry != map.cend(); ++entry) {
        QVariant key;
        QVariant converted;
        if ((memory && !memory->charge(Wire::entryCost(view))) || !Wire::keyOfText(entry.key(), keyType, &key)
            || !convertVariant(entry.value(), itemType, &converted, memory))
            return false;
        view.setValue(key, converted);
    }
    return true;
}

bool storePair(const QVariant &value, QVariant *out, MemoryMeter *memory)
{
    QVariantList list;
    QVariant first;
    QVariant second;
    const auto [firstType, secondType] = Wire::typesOfPair(out->metaType());
    return toItems(value, &list) && list.size() == 2 && convertVariant(list[0], firstType, &first, memory)
        && convertVariant(list[1], secondType, &second, memory) && Wire::setPair(first, second, out);
}

bool storeOther(const QVariant &value, QMetaType type, QVariant *out, MemoryMeter *memory)
{
    if (value.metaType() == type) {
        *out = value;
        return true;
    }
    *out = QVariant(type);
    if (const std::optional<bool> isMade = Wire::fromCoreShape(value, type, out->data(), memory))
        return *isMade;
    if (isGadget(type))
        return gadgetFromVariant(value, *type.metaObject(), out->data(), memory);
    if (QMetaType::canView(type, QMetaType::fromType<Wire::AssociativeView>()))
        return storeMap(value, out, memory);
    if (QMetaType::canView(type, QMetaType::fromType<Wire::SequentialView>()))
        return storeList(value, out, memory);
    if (Wire::typesOfPair(type).first.isValid())
        return storePair(value, out, memory);
    if (const ValueType *const known = valueTypeOf(type))
        return known->fromVariant(value, out->data(), memory);
    return toType(value, type, out->data(), memory);
}

bool setField(const QVariant &value, const QMetaProperty &property, void *gadget, MemoryMeter *memory)
{
    QVariant converted;
    return !property.isWritable()
        || (convertVariant(value, property.metaType(), &converted, memory)
            && property.writeOnGadget(gadget, converted));
}

bool readField(CborReader &reader, QMetaType type, QVariant *value)
{
    std::optional<CborReader::Trial> trial;
    if (!takesBytes(type))
        trial.emplace(reader);
    return reader.readVariant(value);
}

// Returns the index of the field called @p name, or -1 if there is none. To Qt a name ends at its first NUL.
int indexOfField(const QMetaObject &meta, const QByteArray &name)
{
    const int index = name.contains('\0') ? -1 : meta.indexOfProperty(name.constData());
    return index >= 0 && isField(meta.property(index)) ? index : -1;
}

bool readFields(CborReader &reader, quint64 count, const QMetaObject &meta, void *gadget)
{
    std::vector<bool> seen(std::size_t(meta.propertyCount()));
    for (quint64 i = 0; i < count; ++i) {
        QByteArrayView name;
        QVariant value;
        if (!reader.readUtf8(&name))
            return false;
        const int index = indexOfField(meta, name.toByteArray());
        if (index < 0)
            return false;
        if (seen[std::size_t(index)])
            return reader.fail(QStringLiteral("the map key '%1' occurs twice").arg(QString::fromUtf8(name)));
        seen[std::size_t(index)] = true;
        if (!readField(reader, meta.property(index).metaType(), &value))
            return false;
        MemoryMeter memory = reader.meter();
        const bool isSet = setField(value, meta.property(index), gadget, &memory);
        if (!reader.charge(reader.memoryLeft() - memory.left()) || !isSet)
            return false;
    }
    return true;
}

}

bool isField(const QMetaProperty &property)
{
    return property.isReadable() && property.isStored();
}

bool takesBytes(QMetaType type)
{
    return type == QMetaType::fromType<QByteArray>() || type == QMetaType::fromType<QVariant>();
}

bool hasFields(const QMetaObject &meta)
{
    for (int i = 0; i < meta.propertyCount(); ++i) {
        if (isField(meta.property(i)))
            return true;
    }
    return false;
}

bool isGadget(QMetaType type)
{
    return (type.flags() & QMetaType::IsGadget) && type.metaObject() && hasFields(*type.metaObject());
}

std::optional<bool> convertBasic(const QVariant &value, QMetaType type, QVariant *out)
{
    switch (type.id()) {
    case QMetaType::Bool:
        return store<bool>(value, out);
    case QMetaType::Int:
        return store<int>(value, out);
    case QMetaType::UInt:
        return store<uint>(value, out);
    case QMetaType::Long:
        return store<long>(value, out);
    case QMetaType::ULong:
        return store<ulong>(value, out);
    case QMetaType::LongLong:
        return store<qlonglong>(value, out);
    case QMetaType::ULongLong:
        return store<qulonglong>(value, out);
    case QMetaType::Short:
        return store<short>(value, out);
    case QMetaType::UShort:
        return store<ushort>(value, out);
    case QMetaType::Char:
        return store<char>(value, out);
    case QMetaType::SChar:
        return store<signed char>(value, out);
    case QMetaType::UChar:
        return store<uchar>(value, out);
    case QMetaType::Char16:
        return store<char16_t>(value, out);
    case QMetaType::Char32:
        return store<char32_t>(value, out);
    case QMetaType::Float:
        return store<float>(value, out);
    case QMetaType::Double:
        return store<double>(value, out);
    case QMetaType::QString:
        return store<QString>(value, out);
    case QMetaType::QByteArray:
        return store<QByteArray>(value, out);
    default:
        break;
    }
    return type == QMetaType::fromType<std::string>() ? std::optional(store<std::string>(value, out)) : std::nullopt;
}

bool convertVariant(const QVariant &value, QMetaType type, QVariant *out, MemoryMeter *memory)
{
    if (const auto isConverted = convertBasic(value, type, out))
        return *isConverted;
    switch (type.id()) {
    case QMetaType::QVariant:
        *out = value;
        return true;
    case QMetaType::QStringList:
        return store<QStringList>(value, out, memory);
    case QMetaType::QVariantList:
        return store<QVariantList>(value, out, memory);
    case QMetaType::QVariantMap:
        return store<QVariantMap>(value, out, memory);
    case QMetaType::QVariantHash:
        return store<QVariantHash>(value, out, memory);
    default:
        return storeOther(value, type, out, memory);
    }
}

QVariantMap gadgetToMap(const QMetaObject &meta, const void *gadget)
{
    QVariantMap map;
    for (int i = 0; i < meta.propertyCount(); ++i) {
        const QMetaProperty property = meta.property(i);
        if (isField(property))
            map.insert(QString::fromUtf8(property.name()), property.readOnGadget(gadget));
    }
    return map;
}

bool gadgetFromVariant(const QVariant &value, const QMetaObject &meta, void *gadget, MemoryMeter *memory)
{
    if (!hasFields(meta) || (value.typeId() != QMetaType::QVariantMap && value.typeId() != QMetaType::QVariantHash))
        return false;
    const QVariantMap map = value.toMap();
    for (auto entry = map.cbegin(); entry != map.cend(); ++entry) {
        const int index = indexOfField(meta, entry.key().toUtf8());
        if (index < 0 || !setField(entry.value(), meta.property(index), gadget, memory))
            return false;
    }
    return true;
}

void writeGadget(CborWriter &writer, const QMetaObject &meta, const void *gadget)
{
    if (!writer.enter())
        return;
    quint64 count = 0;
    for (int i = 0; i < meta.propertyCount(); ++i)
        count += isField(meta.property(i)) ? 1 : 0;
    writer.beginMap(count);
    for (int i = 0; i < meta.propertyCount() && !writer.hasFailed(); ++i) {
        const QMetaProperty property = meta.property(i);
        if (!isField(property))
            continue;
        writer.writeUtf8(property.name());
        writer.writeVariant(property.readOnGadget(gadget));
    }
    writer.leave();
}

bool readGadget(CborReader &reader, const QMetaObject &meta, void *gadget)
{
    quint64 count = 0;
    if (!reader.readMap(&count) || !reader.enter())
        return false;
    const bool ok = readFields(reader, count, meta, gadget);
    reader.leave();
    return ok;
}

}
