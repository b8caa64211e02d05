// SPDX-License-Identifier: MIT
#include "toscript_p.h"

#include "scripttools_p.h"

#include <QtCore/QBitArray>
#include <QtCore/QDateTime>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QLine>
#include <QtCore/QLineF>
#include <QtCore/QRegularExpression>
#include <QtCore/QUuid>
#include <QtCore/QVersionNumber>
#include <QtQml/QJSEngine>

#include <cstdlib>
#include <type_traits>

namespace Prefork::Qml {

namespace {

constexpr qint64 MostExact = qint64(1) << 53; // up to here a double has every integer
constexpr qint64 LatestDate = 8'640'000'000'000'000; // ms from 1970, of a Date

QJSValue toNumber(qint64 number)
{
    return number >= -MostExact && number <= MostExact ? QJSValue(double(number)) : QJSValue(QString::number(number));
}

QJSValue toNumber(quint64 number)
{
    return number <= quint64(MostExact) ? QJSValue(double(number)) : QJSValue(QString::number(number));
}

// Writes a time as JavaScript does for years that do not have four digits.
QString toText(const QDateTime &time)
{
    const QDateTime utc = time.toUTC();
    const int year = utc.date().year();
    return QStringLiteral("%1%2-%3Z")
        .arg(year < 0 ? QChar(u'-') : QChar(u'+'))
        .arg(std::abs(year), 6, 10, QLatin1Char('0'))
        .arg(utc.toString(QStringLiteral("MM-ddThh:mm:ss.zzz")));
}

QJSValue toDate(QJSEngine *engine, const QDateTime &time)
{
    if (!time.isValid())
        return QJSValue(QJSValue::NullValue);
    const qint64 ms = time.toMSecsSinceEpoch();
    return ms >= -LatestDate && ms <= LatestDate ? engine->toScriptValue(time) : QJSValue(toText(time));
}

template <class List>
QJSValue toArray(QJSEngine *engine, const List &list)
{
    QJSValue array = engine->newArray(uint(list.size()));
    quint32 index = 0;
    for (const auto &item : list) {
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, QString>)
            array.setProperty(index++, QJSValue(item));
        else
            array.setProperty(index++, toScript(engine, item));
    }
    return array;
}

template <class Map>
QJSValue toObject(QJSEngine *engine, const Map &map)
{
    QJSValue object = engine->newObject();
    for (auto entry = map.cbegin(); entry != map.cend(); ++entry) {
        const QJSValue value = toScript(engine, entry.value());
        if (entry.key() == QLatin1StringView("__proto__"))
            ScriptTools::of(engine)->define(object, entry.key(), value);
        else
            object.setProperty(entry.key(), value);
    }
    return object;
}

QString toText(const QBitArray &bits)
{
    QString text;
    for (qsizetype i = 0; i < bits.size(); ++i)
        text += bits.at(i) ? u'1' : u'0';
    return text;
}

QVariantList toList(const QVersionNumber &version)
{
    QVariantList list;
    for (qsizetype i = 0; i < version.segmentCount(); ++i)
        list.append(version.segmentAt(int(i)));
    return list;
}

// Converts values of other types. Qt knows how to read some of them as a list or a map, such as a QList<int>.
QJSValue fromOther(QJSEngine *engine, const QVariant &value)
{
    if (value.metaType().flags() & QMetaType::IsEnumeration)
        return toNumber(qint64(value.toLongLong()));
    if (value.typeId() < QMetaType::User)
        return engine->toScriptValue(value);
    if (value.canConvert<QVariantMap>()
        && QMetaType::canView(value.metaType(), QMetaType::fromType<QIterable<QMetaAssociation>>()))
        return toObject(engine, value.toMap());
    if (QMetaType::canView(value.metaType(), QMetaType::fromType<QIterable<QMetaSequence>>()))
        return toArray(engine, value.toList());
    return engine->toScriptValue(value);
}

}

QJSValue toScript(QJSEngine *engine, const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        return {};
    case QMetaType::Nullptr:
        return QJSValue(QJSValue::NullValue);
    case QMetaType::Bool:
        return QJSValue(value.toBool());
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::Short:
    case QMetaType::Int:
    case QMetaType::Long:
    case QMetaType::LongLong:
        return toNumber(qint64(value.toLongLong()));
    case QMetaType::UChar:
    case QMetaType::UShort:
    case QMetaType::UInt:
    case QMetaType::ULong:
    case QMetaType::ULongLong:
    case QMetaType::Char16:
    case QMetaType::Char32:
        return toNumber(quint64(value.toULongLong()));
    case QMetaType::Float:
    case QMetaType::Double:
        return QJSValue(value.toDouble());
    case QMetaType::QString:
    case QMetaType::QChar:
        return QJSValue(value.toString());
    case QMetaType::QDateTime:
        return toDate(engine, value.toDateTime());
    case QMetaType::QDate:
        return QJSValue(value.toDate().toString(Qt::ISODate));
    case QMetaType::QTime:
        return QJSValue(value.toTime().toString(Qt::ISODateWithMs));
    case QMetaType::QUuid:
        return QJSValue(value.toUuid().toString(QUuid::WithoutBraces));
    case QMetaType::QVariantList:
        return toArray(engine, *static_cast<const QVariantList *>(value.constData()));
    case QMetaType::QStringList:
        return toArray(engine, *static_cast<const QStringList *>(value.constData()));
    case QMetaType::QVariantMap:
        return toObject(engine, *static_cast<const QVariantMap *>(value.constData()));
    case QMetaType::QVariantHash:
        return toObject(engine, *static_cast<const QVariantHash *>(value.constData()));
    case QMetaType::QJsonValue:
        return toScript(engine, value.toJsonValue().toVariant());
    case QMetaType::QJsonObject:
        return toObject(engine, value.toJsonObject().toVariantMap());
    case QMetaType::QJsonArray:
        return toArray(engine, value.toJsonArray().toVariantList());
    case QMetaType::QJsonDocument:
        return toScript(engine, value.toJsonDocument().toVariant());
    case QMetaType::QBitArray:
        return QJSValue(toText(value.toBitArray()));
    case QMetaType::QLine: {
        const QLine line = value.toLine();
        return toArray(engine, QVariantList{line.x1(), line.y1(), line.x2(), line.y2()});
    }
    case QMetaType::QLineF: {
        const QLineF line = value.toLineF();
        return toArray(engine, QVariantList{line.x1(), line.y1(), line.x2(), line.y2()});
    }
    case QMetaType::QRegularExpression: {
        const QRegularExpression expression = value.toRegularExpression();
        return toArray(engine, QVariantList{expression.pattern(), int(expression.patternOptions())});
    }
    default:
        if (value.metaType() == QMetaType::fromType<QVersionNumber>())
            return toArray(engine, toList(value.value<QVersionNumber>()));
        return fromOther(engine, value);
    }
}

}
