// SPDX-License-Identifier: MIT
#include "scriptcalls_p.h"

#include "fromscript_p.h"
#include "qmlclient_p.h"
#include "scriptoutcome_p.h"
#include "scripttools_p.h"

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

namespace {

void checkCallback(QJSEngine *engine, const QJSValue &callback, const QString &name, CallRequest *request)
{
    if (request->problem.isEmpty() && !callback.isCallable() && !callback.isUndefined() && !callback.isNull())
        request->problem
            = QStringLiteral("%1 must be a function, but this is %2").arg(name, FromScript::describe(engine, callback));
}

void begin(QmlClient *client, QJSEngine *engine, const MakerFor &maker, const CallRequest &request,
           const std::shared_ptr<ScriptOutcome> &outcome)
{
    outcome->begin(makeCall(client, engine, maker(request.options), request, outcome));
}

}

bool CallHandle::isSettled() const
{
    const auto outcome = m_outcome.lock();
    return !outcome || outcome->isOver();
}

bool CallHandle::cancel()
{
    const auto outcome = m_outcome.lock();
    return outcome && outcome->cancel();
}

CallHandle callFromScript(QmlClient *client, QJSEngine *engine, const MakerFor &maker, CallRequest request,
                          const QJSValue &onResult, const QJSValue &onError)
{
    checkCallback(engine, onResult, QStringLiteral("onResult"), &request);
    checkCallback(engine, onError, QStringLiteral("onError"), &request);
    const auto outcome
        = std::make_shared<ScriptOutcome>(ScriptOutcome::Callbacks, client, engine, request, onResult, onError);
    begin(client, engine, maker, request, outcome);
    return CallHandle(outcome);
}

QJSValue promiseFromScript(QmlClient *client, QJSEngine *engine, const MakerFor &maker, const CallRequest &request)
{
    ScriptTools *const tools = ScriptTools::of(engine);
    const ScriptTools::Promise promise
        = tools->makePromise(client, request.site.place, QStringLiteral("the call of '%1' failed").arg(request.method));
    const auto outcome = std::make_shared<ScriptOutcome>(ScriptOutcome::Promise, client, engine, request,
                                                         promise.resolve, promise.reject);
    begin(client, engine, maker, request, outcome);
    tools->allowCancel(promise.promise, engine->toScriptValue(CallHandle(outcome)));
    return promise.promise;
}

}
