// SPDX-License-Identifier: MIT
#include "callrequest_p.h"

#include "fromscript_p.h"
#include "readoptions_p.h"

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

namespace {

void readMethod(QJSEngine *engine, const QJSValue &method, CallRequest *request)
{
    if (method.isString())
        request->method = method.toString();
    else
        request->problem = QStringLiteral("the name of the method must be a string, but this is %1")
                               .arg(FromScript::describe(engine, method));
}

QString readFunction(QJSEngine *engine, const QString &name, const QJSValue &value, QJSValue *out)
{
    if (value.isCallable() || value.isNull() || value.isUndefined()) {
        *out = value;
        return {};
    }
    return QStringLiteral("the option '%1' must be a function, but this is %2")
        .arg(name, FromScript::describe(engine, value));
}

QString readOption(QJSEngine *engine, const QString &name, const QJSValue &value, CallRequest *request)
{
    if (name == QLatin1StringView("runTimeout"))
        return readTime(engine, name, value, &request->options.runTimeout);
    if (name == QLatin1StringView("deadline"))
        return readTime(engine, name, value, &request->options.deadline);
    if (name == QLatin1StringView("priority"))
        return readInteger(engine, name, value, &request->options.priority);
    if (name == QLatin1StringView("onProgress"))
        return readFunction(engine, name, value, &request->onProgress);
    if (name == QLatin1StringView("onEvent"))
        return readFunction(engine, name, value, &request->onEvent);
    return noSuchOption(name);
}

}

CallRequest readRequest(QJSEngine *engine, const QJSValue &method, const QJSValue &arguments, const QJSValue &last,
                        CallSite site)
{
    CallRequest request;
    request.site = std::move(site);
    readMethod(engine, method, &request);
    if (request.problem.isEmpty()) {
        FromScript values(engine);
        request.arguments = values.arguments(arguments);
        request.problem = values.problem();
    }
    const QString problem = readOwnerOrOptions(engine, last, &request.owner,
                                               [engine, &request](const QString &name, const QJSValue &value) {
                                                   return readOption(engine, name, value, &request);
                                               });
    if (request.problem.isEmpty())
        request.problem = problem;
    return request;
}

}
