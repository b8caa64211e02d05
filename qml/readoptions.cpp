// SPDX-License-Identifier: MIT
#include "readoptions_p.h"

#include "fromscript_p.h"
#include "scripttools_p.h"

#include <QtQml/QJSEngine>

#include <limits>

namespace Prefork::Qml {

namespace {

// Gives the options in a plain object of JavaScript to @p take.
QString readOptions(QJSEngine *engine, const QJSValue &options, const TakeOption &take)
{
    ScriptTools *const tools = ScriptTools::of(engine);
    if (!options.isObject() || options.isCallable() || tools->kind(options) != QLatin1StringView("object"))
        return QStringLiteral(
                   "the last argument must be an owner, which is an object of QML, or options, but this is %1")
            .arg(FromScript::describe(engine, options));
    const QJSValue entries = tools->entries(options);
    QString problem = entries.property(0).toString();
    if (!problem.isEmpty())
        return QStringLiteral("the option '%1': %2").arg(entries.property(1).toString(), problem);
    const quint32 length = entries.property(QStringLiteral("length")).toUInt();
    for (quint32 i = 2; i < length && problem.isEmpty(); i += 2)
        problem = take(entries.property(i).toString(), entries.property(i + 1));
    return problem;
}

QString readOwner(QJSEngine *engine, const QJSValue &value, QPointer<QObject> *out)
{
    if (!value.isQObject() && !value.isNull() && !value.isUndefined())
        return QStringLiteral("the option 'owner' must be an object of QML, but this is %1")
            .arg(FromScript::describe(engine, value));
    *out = value.toQObject();
    return {};
}

}

QString readOwnerOrOptions(QJSEngine *engine, const QJSValue &last, QPointer<QObject> *owner, const TakeOption &take)
{
    if (last.isUndefined() || last.isNull())
        return {};
    if (last.isQObject()) {
        *owner = last.toQObject();
        return {};
    }
    return readOptions(engine, last, [engine, owner, &take](const QString &name, const QJSValue &value) {
        return name == QLatin1StringView("owner") ? readOwner(engine, value, owner) : take(name, value);
    });
}

QString readInteger(QJSEngine *engine, const QString &name, const QJSValue &value, std::optional<int> *out)
{
    if (value.isUndefined() || value.isNull())
        return {};
    const double number = value.isNumber() ? value.toNumber() : 0.5;
    if (number < std::numeric_limits<int>::min() || number > std::numeric_limits<int>::max() || int(number) != number)
        return QStringLiteral("the option '%1' must be an integer of 32 bits, but this is %2")
            .arg(name, value.isNumber() ? value.toString() : FromScript::describe(engine, value));
    *out = int(number);
    return {};
}

QString readTime(QJSEngine *engine, const QString &name, const QJSValue &value,
                 std::optional<std::chrono::milliseconds> *out)
{
    std::optional<int> number;
    QString problem = readInteger(engine, name, value, &number);
    if (number)
        *out = std::chrono::milliseconds(*number);
    return problem;
}

QString noSuchOption(const QString &name)
{
    return QStringLiteral("there is no option '%1'").arg(name);
}

}
