// SPDX-License-Identifier: MIT
#include "zygote/waitingforks_p.h"

#include "posix/transfer_p.h"
#include "zygote/logging_p.h"
#include "zygote/ownlog_p.h"
#include "zygote/workerwatch_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;
using ZygoteMessages::Request;

namespace {

constexpr qint64 FirstForkPause = std::chrono::nanoseconds(20ms).count();
constexpr qint64 LongestForkPause = std::chrono::nanoseconds(500ms).count();

}

void WaitingForks::add(const Request &request, Posix::Fd connection, const QString &cause, qint64 now)
{
    if (m_waiting.empty()) {
        logOwn(lcZygote(), QtWarningMsg, QStringLiteral("no worker can be had, clients wait: %1").arg(cause));
        m_pause = FirstForkPause;
        m_nextTry = now + m_pause;
    }
    m_waiting.push_back({request, std::move(connection)});
}

bool WaitingForks::dismiss(quint64 id)
{
    return std::erase_if(m_waiting, [id](const Waiting &waiting) { return waiting.request.id == id; }) > 0;
}

std::vector<quint64> WaitingForks::dismissAll()
{
    std::vector<quint64> ids;
    for (const Waiting &waiting : std::exchange(m_waiting, {}))
        ids.push_back(waiting.request.id);
    return ids;
}

bool WaitingForks::drain(quint64 id)
{
    const auto isMeant = [id](const Waiting &waiting) { return waiting.request.id == id; };
    const auto waiting = std::find_if(m_waiting.begin(), m_waiting.end(), isMeant);
    if (waiting == m_waiting.end())
        return false;
    waiting->request.isToLeave = true;
    return true;
}

void WaitingForks::onProgramGone()
{
    std::erase_if(m_waiting, [](const Waiting &waiting) { return waiting.request.staysUntil == 0; });
}

void WaitingForks::act(qint64 now, const Spawn &spawn, const Gone &gone)
{
    if (m_waiting.empty() || now < m_nextTry)
        return;
    letGo(gone);
    while (!m_waiting.empty()) {
        Waiting &first = m_waiting.front();
        if (spawn(first.request, first.connection)) {
            m_pause = std::min(m_pause * 2, LongestForkPause);
            m_nextTry = now + m_pause;
            return;
        }
        m_pause = FirstForkPause;
        m_waiting.pop_front();
    }
    logOwn(lcZygote(), QtInfoMsg, QStringLiteral("workers can be had again"));
}

qint64 WaitingForks::nextAct() const
{
    return m_waiting.empty() ? WorkerWatch::Never : m_nextTry;
}

void WaitingForks::letGo(const Gone &gone)
{
    std::erase_if(m_waiting, [&gone](const Waiting &waiting) {
        const bool isGone = Posix::hasLeft(waiting.connection.get());
        if (isGone)
            gone(waiting.request.id);
        return isGone;
    });
}

}
