// SPDX-License-Identifier: MIT
#include "scripterror_p.h"

#include "scripttools_p.h"
#include "toscript_p.h"

#include <QtPrefork/frame.h>

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

QJSValue toScriptError(QJSEngine *engine, const CallSite &site, const Error &error)
{
    ScriptTools *const tools = ScriptTools::of(engine);
    Error traced = error;
    if (error.backTrace().isEmpty()) // it never came to a call
        traced = Frame::create({.call = error.method().toUtf8()}, Frame(), locationOf(site.place)).traced(error);
    const QJSValue script = site.error;
    tools->define(script, QStringLiteral("message"), error.message());
    tools->define(script, QStringLiteral("code"), int(error.code()));
    tools->define(script, QStringLiteral("detail"), error.detail());
    tools->define(script, QStringLiteral("method"), error.method());
    tools->define(script, QStringLiteral("data"), toScript(engine, error.data()));
    tools->define(script, QStringLiteral("backTrace"), traced.backTrace());
    return script;
}

bool hasCode(const QJSValue &error, Error::Code code)
{
    const QJSValue own = error.isError() ? error.property(QStringLiteral("code")) : QJSValue();
    return own.isNumber() && own.toInt() == int(code);
}

Error canceled(const QString &method, const QString &detail)
{
    return Error(Error::Canceled, QStringLiteral("the call was canceled")).withMethod(method).withDetail(detail);
}

}
