// SPDX-License-Identifier: MIT
#include "fromscript_p.h"

#include "scripttools_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QUrl>
#include <QtQml/QJSEngine>

#include <cmath>

namespace Prefork::Qml {

QString FromScript::describe(QJSEngine *engine, const QJSValue &value)
{
    if (value.isUndefined())
        return QStringLiteral("undefined");
    if (value.isNull())
        return QStringLiteral("null");
    if (value.isBool())
        return QStringLiteral("a boolean");
    if (value.isNumber())
        return QStringLiteral("a number");
    if (value.isString())
        return QStringLiteral("a string");
    if (value.isCallable())
        return QStringLiteral("a function");
    if (value.isQObject())
        return QStringLiteral("an object of QML");
    const QString kind = ScriptTools::of(engine)->kind(value);
    if (kind == QLatin1StringView("array"))
        return QStringLiteral("an array");
    return kind == QLatin1StringView("object") ? QStringLiteral("an object")
        : kind == QLatin1StringView("bytes")   ? QStringLiteral("bytes")
                                               : kind;
}

QVariantList FromScript::arguments(const QJSValue &array)
{
    m_path = QStringLiteral("arguments");
    QVariantList list;
    if (array.isUndefined() || array.isNull())
        return list;
    QVariant sequence;
    if (array.isArray()) {
        static_cast<void>(convertItems(array, &list));
    } else if (array.isObject() && !array.isCallable() && convertNative(array, &sequence)
               && sequence.canConvert<QVariantList>() && sequence.typeId() != QMetaType::QByteArray
               && sequence.typeId() != QMetaType::QUrl) {
        list = sequence.toList();
    } else {
        m_problem.clear();
        fail(QStringLiteral("an array was expected, but this is %1").arg(describe(m_engine, array)));
    }
    return list;
}

bool FromScript::fail(const QString &problem)
{
    if (m_problem.isEmpty())
        m_problem = QStringLiteral("%1: %2").arg(m_path, problem);
    return false;
}

bool FromScript::convert(const QJSValue &value, QVariant *out)
{
    if (value.isUndefined())
        return refuse(QStringLiteral("undefined"));
    if (value.isNull())
        *out = QVariant::fromValue(nullptr);
    else if (value.isBool())
        *out = value.toBool();
    else if (value.isNumber())
        return convertNumber(value.toNumber(), out);
    else if (value.isString())
        *out = value.toString();
    else
        return convertObject(value, out);
    return true;
}

bool FromScript::convertNumber(double number, QVariant *out)
{
    constexpr double MostExact = 0x1p53;
    const bool isInteger = std::trunc(number) == number && std::abs(number) <= MostExact
        && !(number == 0 && std::signbit(number)); // an integer has no -0
    *out = isInteger ? QVariant(qlonglong(number)) : QVariant(number);
    return true;
}

bool FromScript::convertObject(const QJSValue &value, QVariant *out)
{
    if (value.isCallable() || value.isQObject() || value.isQMetaObject() || value.isRegExp() || value.isError())
        return refuse(describe(m_engine, value));
    if (value.isDate()) {
        const QDateTime time = value.toDateTime();
        *out = time;
        return time.isValid() || refuse(QStringLiteral("an invalid Date"));
    }
    const QString kind = ScriptTools::of(m_engine)->kind(value);
    if (kind == QLatin1StringView("array")) {
        QVariantList list;
        const bool isConverted = convertItems(value, &list);
        *out = list;
        return isConverted;
    }
    if (kind == QLatin1StringView("bytes")) {
        *out = ScriptTools::of(m_engine)->bytes(value).toVariant().toByteArray();
        return true;
    }
    if (convertNative(value, out))
        return true;
    return kind == QLatin1StringView("object") ? convertEntries(value, out) : refuse(kind);
}

// Takes a value that is one of C++ although JavaScript has it: a url, a value type of QML, a list of values, or an
// opaque value. Returns false for other values.
bool FromScript::convertNative(const QJSValue &value, QVariant *out)
{
    const QVariant native = value.toVariant(QJSValue::RetainJSObjects);
    if (!native.isValid() || native.metaType() == QMetaType::fromType<QJSValue>()
        || native.metaType().flags() & (QMetaType::IsPointer | QMetaType::PointerToQObject))
        return false;
    *out = native;
    return true;
}

bool FromScript::enter(const QJSValue &value)
{
    for (const QJSValue &around : m_around) {
        if (around.strictlyEquals(value))
            return fail(QStringLiteral("what contains itself cannot be sent"));
    }
    if (m_around.size() >= MostNested)
        return fail(QStringLiteral("what is nested more than %1 deep cannot be sent").arg(MostNested));
    m_around.push_back(value);
    return true;
}

bool FromScript::convertItems(const QJSValue &array, QVariantList *out)
{
    if (!enter(array))
        return false;
    const QString path = m_path;
    const quint32 length = array.property(QStringLiteral("length")).toUInt();
    for (quint32 i = 0; i < length; ++i) {
        m_path = QStringLiteral("%1[%2]").arg(path).arg(i);
        QVariant item;
        if (!convert(array.property(i), &item))
            return false;
        out->append(item);
    }
    m_path = path;
    m_around.pop_back();
    return true;
}

bool FromScript::convertEntries(const QJSValue &object, QVariant *out)
{
    if (!enter(object))
        return false;
    const QString path = m_path;
    const QJSValue entries = ScriptTools::of(m_engine)->entries(object);
    const quint32 length = entries.property(QStringLiteral("length")).toUInt();
    const QString problem = entries.property(0).toString();
    if (!problem.isEmpty()) {
        const QString name = entries.property(1).toString();
        m_path = name.isEmpty() ? path : path + u'.' + name;
        return fail(problem);
    }
    QVariantMap map;
    for (quint32 i = 2; i < length; i += 2) {
        const QString name = entries.property(i).toString();
        m_path = path + u'.' + name;
        QVariant item;
        if (!convert(entries.property(i + 1), &item))
            return false;
        map.insert(name, item);
    }
    *out = map;
    m_path = path;
    m_around.pop_back();
    return true;
}

}
