// SPDX-License-Identifier: MIT
#include "qmlcall_p.h"

#include "calloutcome_p.h"

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

QmlCall::QmlCall(QObject *parent)
    : QObject(parent)
{
}

QmlCall::~QmlCall()
{
    dropRun();
}

void QmlCall::componentComplete()
{
    m_isComplete = true;
    if (m_autoStart && qjsEngine(this))
        begin(CallSite::of(qjsEngine(this), this));
}

void QmlCall::setClient(QmlClient *client)
{
    if (m_client == client)
        return;
    if (m_client)
        disconnect(m_client, &QObject::destroyed, this, &QmlCall::clientChanged);
    m_client = client;
    if (client)
        connect(client, &QObject::destroyed, this, &QmlCall::clientChanged);
    Q_EMIT clientChanged();
    restartLater();
}

void QmlCall::setMethod(const QString &method)
{
    if (m_method == method)
        return;
    m_method = method;
    Q_EMIT methodChanged();
    restartLater();
}

void QmlCall::setArgs(const QJSValue &args)
{
    if (m_args.strictlyEquals(args))
        return;
    m_args = args;
    Q_EMIT argsChanged();
    restartLater();
}

void QmlCall::setAutoStart(bool autoStart)
{
    if (m_autoStart == autoStart)
        return;
    m_autoStart = autoStart;
    Q_EMIT autoStartChanged();
    restartLater();
}

void QmlCall::setPriority(int priority)
{
    if (m_priority != priority) {
        m_priority = priority;
        Q_EMIT optionsChanged();
    }
}

void QmlCall::resetPriority()
{
    if (std::exchange(m_priority, std::nullopt))
        Q_EMIT optionsChanged();
}

void QmlCall::setPlaceholder(const QJSValue &placeholder)
{
    if (m_placeholder.strictlyEquals(placeholder))
        return;
    m_placeholder = placeholder;
    Q_EMIT placeholderChanged();
    if (!m_hasResult)
        Q_EMIT resultChanged();
}

void QmlCall::restartLater()
{
    if (m_autoStart && m_isComplete && !std::exchange(m_isRestarting, true))
        QMetaObject::invokeMethod(this, &QmlCall::restart, Qt::QueuedConnection);
}

void QmlCall::restart()
{
    if (std::exchange(m_isRestarting, false) && m_autoStart && qjsEngine(this))
        begin(CallSite::of(qjsEngine(this), this));
}

}
