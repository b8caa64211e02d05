// SPDX-License-Identifier: MIT
#include "zygote/applicants_p.h"

#include "posix/transfer_p.h"
#include "zygote/logging_p.h"
#include "zygote/ownlog_p.h"
#include "zygote/workerwatch_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;
using ZygoteMessages::Request;

namespace {

constexpr qint64 FirstPause = std::chrono::nanoseconds(20ms).count();
constexpr qint64 LongestPause = std::chrono::nanoseconds(500ms).count();

}

void Applicants::add(const Request &request, Posix::Fd connection, const QString &cause, qint64 now)
{
    if (m_applicants.empty()) {
        logOwn(lcZygote(), QtWarningMsg, QStringLiteral("no worker can be had, clients wait: %1").arg(cause));
        m_pause = FirstPause;
        m_nextTry = now + m_pause;
    }
    m_applicants.push_back({request, std::move(connection)});
}

bool Applicants::dismiss(quint64 id)
{
    return std::erase_if(m_applicants, [id](const Applicant &applicant) { return applicant.request.id == id; }) > 0;
}

std::vector<quint64> Applicants::dismissAll()
{
    std::vector<quint64> ids;
    for (const Applicant &applicant : std::exchange(m_applicants, {}))
        ids.push_back(applicant.request.id);
    return ids;
}

bool Applicants::drain(quint64 id)
{
    const auto isMeant = [id](const Applicant &applicant) { return applicant.request.id == id; };
    const auto applicant = std::find_if(m_applicants.begin(), m_applicants.end(), isMeant);
    if (applicant == m_applicants.end())
        return false;
    applicant->request.isToLeave = true;
    return true;
}

void Applicants::orphan()
{
    std::erase_if(m_applicants, [](const Applicant &applicant) { return applicant.request.staysUntil == 0; });
}

void Applicants::act(qint64 now, const Spawn &spawn, const Gone &gone)
{
    if (m_applicants.empty() || now < m_nextTry)
        return;
    letGo(gone);
    while (!m_applicants.empty()) {
        Applicant &first = m_applicants.front();
        if (spawn(first.request, first.connection)) {
            m_pause = std::min(m_pause * 2, LongestPause);
            m_nextTry = now + m_pause;
            return;
        }
        m_pause = FirstPause;
        m_applicants.pop_front();
    }
    logOwn(lcZygote(), QtInfoMsg, QStringLiteral("workers can be had again"));
}

qint64 Applicants::nextAct() const
{
    return m_applicants.empty() ? WorkerWatch::Never : m_nextTry;
}

void Applicants::letGo(const Gone &gone)
{
    std::erase_if(m_applicants, [&gone](const Applicant &applicant) {
        const bool isGone = Posix::hasLeft(applicant.connection.get());
        if (isGone)
            gone(applicant.request.id);
        return isGone;
    });
}

}
