// SPDX-License-Identifier: MIT
#include "scriptoutcome_p.h"

#include "qmlclient_p.h"
#include "scripterror_p.h"
#include "scripttools_p.h"
#include "toscript_p.h"
#include "unhandled_p.h"

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

ScriptOutcome::ScriptOutcome(Kind kind, QmlClient *client, QJSEngine *engine, const CallRequest &request,
                             const QJSValue &onResult, const QJSValue &onError)
    : m_kind(kind)
    , m_engine(engine)
    , m_client(client)
    , m_request(request)
    , m_onResult(onResult)
    , m_onError(onError)
{
    m_request.arguments.clear();
}

ScriptOutcome::~ScriptOutcome()
{
    QObject::disconnect(m_ownerIsGone);
}

void ScriptOutcome::begin(Prefork::Call call)
{
    m_call = call;
    if (m_request.owner && !m_isOver)
        m_ownerIsGone
            = QObject::connect(m_request.owner, &QObject::destroyed, m_request.owner, [outcome = weak_from_this()] {
                  if (const auto self = outcome.lock())
                      self->forget(QStringLiteral("its owner was destroyed"));
              });
}

bool ScriptOutcome::cancel()
{
    if (m_isOver)
        return false;
    m_call.cancel();
    forget(QStringLiteral("cancel() was called"));
    return true;
}

// Callbacks are dropped, but a promise settles in any case.
void ScriptOutcome::forget(const QString &why)
{
    if (end() && m_kind == Promise && m_engine)
        give(m_onError, {toScriptError(m_engine, m_request.site, canceled(m_request.method, why))});
}

bool ScriptOutcome::end()
{
    QObject::disconnect(m_ownerIsGone);
    return !std::exchange(m_isOver, true);
}

void ScriptOutcome::finish(const QVariant &result)
{
    const auto self = shared_from_this();
    if (end() && m_engine)
        give(m_onResult, {toScript(m_engine, result)});
}

void ScriptOutcome::fail(const Error &error)
{
    const auto self = shared_from_this();
    if (!end() || !m_engine)
        return;
    const QJSValue script = toScriptError(m_engine, m_request.site, error);
    if (m_onError.isCallable())
        give(m_onError, {script});
    else
        reportUnhandled(m_engine, m_client, script, m_request.site.place,
                        QStringLiteral("the call of '%1' failed").arg(m_request.method));
}

bool ScriptOutcome::isListening() const
{
    return m_request.onProgress.isCallable() || m_request.onEvent.isCallable();
}

void ScriptOutcome::setProgress(const Progress &progress)
{
    if (m_isOver || !m_engine || !m_request.onProgress.isCallable())
        return;
    const auto self = shared_from_this();
    QJSValue script = m_engine->newObject();
    script.setProperty(QStringLiteral("value"), toScript(m_engine, progress.value()));
    script.setProperty(QStringLiteral("maximum"), toScript(m_engine, progress.maximum()));
    script.setProperty(QStringLiteral("text"), progress.text());
    give(m_request.onProgress, {script});
}

void ScriptOutcome::takeEvent(const QString &name, const QVariantList &arguments)
{
    if (m_isOver || !m_engine || !m_request.onEvent.isCallable())
        return;
    const auto self = shared_from_this();
    give(m_request.onEvent, {QJSValue(name), toScript(m_engine, arguments)});
}

void ScriptOutcome::give(const QJSValue &function, const QJSValueList &arguments)
{
    if (!function.isCallable())
        return;
    const QPointer<QJSEngine> engine = m_engine;
    const std::optional<QJSValue> thrown = ScriptTools::of(engine)->attempt(function, arguments);
    if (thrown && engine)
        reportUnhandled(engine, m_client, *thrown, m_request.site.place,
                        QStringLiteral("a callback of the call of '%1' has thrown").arg(m_request.method));
}

}
