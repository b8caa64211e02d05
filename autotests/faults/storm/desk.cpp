// SPDX-License-Identifier: MIT
#include "desk.h"

namespace Storm {

std::optional<Request> Desk::draw()
{
    const auto id = m_ledger.claim();
    if (!id)
        return {};
    Request request = makeRequest(m_random, qint64(*id));
    if (m_ledger.takeCrash())
        request = {.kind = Request::Die, .id = request.id, .nonce = request.nonce, .death = pick(m_random, DeathCount)};
    m_ledger.submit(*id, quint64(request.nonce));
    ++m_unsettled;
    return request;
}

void Desk::answered(const Request &request, const QString &answer)
{
    if (request.kind == Request::Fail || answer != request.answer())
        m_ledger.noteMismatch(quint64(request.id));
    settle(request, Answered);
}

void Desk::failed(const Request &request, const Prefork::Error &error)
{
    const bool wasCanceled = error.code() == Prefork::Error::Canceled; // a future says it so
    settle(request, wasCanceled ? quint32(Canceled) : Failed + quint32(error.code()));
}

void Desk::canceled(const Request &request)
{
    settle(request, Canceled);
}

void Desk::settle(const Request &request, quint32 outcome)
{
    if (!m_ledger.settle(quint64(request.id), outcome))
        return;
    --m_unsettled;
    if (request.kind == Request::Die)
        m_ledger.endCrash();
    if (m_onSettled)
        m_onSettled();
}

}
