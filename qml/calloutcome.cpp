// SPDX-License-Identifier: MIT
// These are the functions of QmlCall that concern its runs. Its properties are in qmlcall.cpp.
#include "calloutcome_p.h"

#include "fromscript_p.h"
#include "scripterror_p.h"
#include "toscript_p.h"
#include "unhandled_p.h"

#include <QtCore/QMetaMethod>
#include <QtQml/QJSEngine>
#include <QtQml/QQmlEngine>

namespace Prefork::Qml {

bool CallOutcome::isWanted() const
{
    return m_call && m_call->m_run.get() == this && qjsEngine(m_call);
}

void CallOutcome::takeEvent(const QString &name, const QVariantList &arguments)
{
    if (isWanted())
        Q_EMIT m_call->event(name, toScript(qjsEngine(m_call), arguments));
}

CallRequest QmlCall::request(const CallSite &site) const
{
    FromScript values(qjsEngine(this));
    CallRequest request{.method = m_method, .arguments = values.arguments(m_args)};
    request.site = site;
    request.problem = values.problem();
    if (m_runTimeout >= 0)
        request.options.runTimeout = std::chrono::milliseconds(m_runTimeout);
    if (m_deadline >= 0)
        request.options.deadline = std::chrono::milliseconds(m_deadline);
    request.options.priority = m_priority;
    return request;
}

void QmlCall::start()
{
    if (qjsEngine(this))
        begin(CallSite::current(qjsEngine(this), this));
}

void QmlCall::begin(const CallSite &site)
{
    m_isRestarting = false;
    const auto run = std::make_shared<CallOutcome>(this);
    const CallRequest request = this->request(site); // which may run getters, and those anything
    dropRun();
    m_run = run;
    run->site = request.site;
    if (m_client)
        run->handle = makeCall(m_client, qjsEngine(this), m_client->client()->with(request.options), request, run);
    else
        failLater(qjsEngine(this), run,
                  Error(Error::Unavailable, QStringLiteral("the Call has no client")).withMethod(m_method));
    keepFromCollection(true);
    announceStart();
}

void QmlCall::announceStart()
{
    const QPointer<QmlCall> self(this);
    if (std::exchange(m_progress, {}) != QmlProgress())
        Q_EMIT progressChanged();
    if (self)
        setError(QJSValue(QJSValue::NullValue));
    if (self)
        setStatus(Running);
}

void QmlCall::cancel()
{
    if (!m_run)
        return;
    const Error error = Qml::canceled(m_method, QStringLiteral("cancel() was called"));
    const QJSValue script = toScriptError(qjsEngine(this), m_run->site, error);
    dropRun();
    end(Canceled, {}, script);
}

void QmlCall::dropRun()
{
    if (const auto run = std::exchange(m_run, nullptr))
        run->handle.cancel();
}

// A Call that JavaScript owns would be destroyed, and so canceled, as soon as no script refers to it.
void QmlCall::keepFromCollection(bool keep)
{
    const bool isOwnedByScript = !parent() && QQmlEngine::objectOwnership(this) == QQmlEngine::JavaScriptOwnership;
    if (keep && isOwnedByScript && !m_isKept) {
        m_isKept = true;
        QQmlEngine::setObjectOwnership(this, QQmlEngine::CppOwnership);
    } else if (!keep && std::exchange(m_isKept, false)) {
        QQmlEngine::setObjectOwnership(this, QQmlEngine::JavaScriptOwnership);
    }
}

void QmlCall::take(const QVariant &result)
{
    m_run.reset();
    end(Finished, toScript(qjsEngine(this), result), QJSValue(QJSValue::NullValue));
}

void QmlCall::take(const Error &error)
{
    const CallSite site = m_run->site;
    m_run.reset();
    QJSEngine *const engine = qjsEngine(this);
    const QJSValue script = toScriptError(engine, site, error);
    if (error.code() == Error::Canceled)
        return end(Canceled, {}, script);
    if (!isWatched())
        reportUnhandled(engine, m_client, script, site.place,
                        QStringLiteral("the call of '%1' failed").arg(error.method()), this);
    end(Failed, {}, script);
}

void QmlCall::take(const Progress &progress)
{
    m_progress = QmlProgress(progress);
    Q_EMIT progressChanged();
}

bool QmlCall::isWatched() const
{
    return isSignalConnected(QMetaMethod::fromSignal(&QmlCall::failed))
        || isSignalConnected(QMetaMethod::fromSignal(&QmlCall::errorChanged))
        || isSignalConnected(QMetaMethod::fromSignal(&QmlCall::statusChanged));
}

// A slot of each signal may start the next run, or destroy this object.
void QmlCall::end(Status status, const QJSValue &result, const QJSValue &error)
{
    const QPointer<QmlCall> self(this);
    keepFromCollection(false);
    if (status != Canceled)
        setResult(result, status == Finished);
    if (self)
        setError(error);
    if (self)
        setStatus(status);
    if (!self)
        return;
    if (status == Finished)
        Q_EMIT finished(result);
    else if (status == Failed)
        Q_EMIT failed(error);
    else
        Q_EMIT canceled();
}

void QmlCall::setStatus(Status status)
{
    const QPointer<QmlCall> self(this);
    const Status before = std::exchange(m_status, status);
    if (before == status)
        return;
    Q_EMIT statusChanged();
    if (self && (before == Running) != (status == Running))
        Q_EMIT runningChanged();
}

void QmlCall::setError(const QJSValue &error)
{
    if (m_error.strictlyEquals(error))
        return;
    m_error = error;
    Q_EMIT errorChanged();
}

void QmlCall::setResult(const QJSValue &result, bool hasResult)
{
    const QJSValue before = this->result();
    m_result = hasResult ? result : QJSValue();
    m_hasResult = hasResult;
    if (!before.strictlyEquals(this->result()))
        Q_EMIT resultChanged();
}

}
