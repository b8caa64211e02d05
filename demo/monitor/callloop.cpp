// SPDX-License-Identifier: MIT
#include "callloop.h"

#include "callarguments.h"
#include "common/reasons.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <algorithm>

using namespace Prefork;
using namespace std::chrono_literals;

CallLoop::CallLoop(Client *client, QObject *parent)
    : QObject(parent)
    , m_client(client)
{
    m_pause.setSingleShot(true);
    m_pause.setInterval(500ms);
    m_pause.callOnTimeout(this, &CallLoop::fill);
    m_count.setSingleShot(true);
    m_count.setInterval(250ms);
    m_count.callOnTimeout(this, &CallLoop::counted);
}

void CallLoop::setMethod(const QString &method)
{
    if (std::exchange(m_method, method) != method)
        Q_EMIT methodChanged();
}

void CallLoop::setArguments(const QString &arguments)
{
    if (std::exchange(m_arguments, arguments) != arguments)
        Q_EMIT argumentsChanged();
}

void CallLoop::setAtATime(int count)
{
    count = std::clamp(count, 1, Most);
    if (std::exchange(m_atATime, count) == count)
        return;
    Q_EMIT atATimeChanged();
    fill();
}

QString CallLoop::lastResult() const
{
    constexpr int Longest = 100;
    if (!m_lastResult.isValid())
        return QStringLiteral("nothing");
    const QByteArray json
        = QJsonDocument(QJsonArray{QJsonValue::fromVariant(m_lastResult)}).toJson(QJsonDocument::Compact);
    const QString text = QString::fromUtf8(json.sliced(1, json.size() - 2));
    return text.size() <= Longest ? text : text.first(Longest - 1) + u'…';
}

void CallLoop::start()
{
    if (m_isRunning)
        return;
    const CallArguments arguments = CallArguments::read(m_arguments);
    if (m_method.trimmed().isEmpty()) {
        setProblem(QStringLiteral("Which method? Its name is missing."));
        return;
    }
    if (!arguments.problem.isEmpty()) {
        setProblem(arguments.problem);
        return;
    }
    setProblem({});
    m_values = arguments.list;
    m_finished = m_failed = 0;
    m_lastResult.clear();
    m_lastError.clear();
    Q_EMIT counted();
    setRunning(true);
    fill();
}

void CallLoop::stop()
{
    m_pause.stop();
    setRunning(false);
    if (m_client->state() == Client::Connected)
        return;
    for (const Call &call : std::exchange(m_calls, {})) // else they would run when the server is there again
        call.cancel();
}

void CallLoop::fill()
{
    while (m_isRunning && !m_pause.isActive() && m_calls.size() < m_atATime)
        makeCall();
}

void CallLoop::makeCall()
{
    const quint64 number = ++m_lastNumber;
    m_calls.insert(number,
                   m_client->with({.runTimeout = 30s})
                       .call(
                           m_method.trimmed(), Arguments(m_values), this,
                           [this, number](const QVariant &result) { takeResult(number, result); },
                           [this, number](const Error &error) { takeError(number, error); }));
}

void CallLoop::takeResult(quint64 number, const QVariant &result)
{
    m_calls.remove(number);
    ++m_finished;
    m_lastResult = result;
    if (!m_count.isActive())
        m_count.start();
    fill();
}

void CallLoop::takeError(quint64 number, const Error &error)
{
    m_calls.remove(number);
    ++m_failed;
    m_lastError = error.isFatal() ? Demo::reasonFor(error) : error.printableMessage();
    if (!m_count.isActive())
        m_count.start();
    if (m_isRunning && (error.code() == Error::NoSuchMethod || error.code() == Error::BadArguments)) {
        setRunning(false); // it would be the same for ever
        setProblem(m_lastError);
    } else if (error.isFatal() && error.code() != Error::WorkerLost && error.code() != Error::Timeout) {
        m_pause.start();
    }
    fill();
}

void CallLoop::setRunning(bool running)
{
    if (std::exchange(m_isRunning, running) != running)
        Q_EMIT runningChanged();
}

void CallLoop::setProblem(const QString &problem)
{
    if (std::exchange(m_problem, problem) != problem)
        Q_EMIT problemChanged();
}
