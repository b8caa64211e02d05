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
    const Heard heard = m_heard.value(request.id);
    const int all = request.kind == Request::Tell && m_hearsEvents ? request.steps : 0;
    if (heard.events != all || heard.progress != all)
        m_ledger.noteDisorder(quint64(request.id));
    settle(request, Answered);
}

void Desk::failed(const Request &request, const Prefork::Error &error)
{
    const bool wasCanceled = error.code() == Prefork::Error::Canceled; // by an error before it
    if (error.code() == Prefork::Error::Timeout && error.detail().contains(QLatin1String(" ran for ")))
        m_ledger.header().runTimeouts.fetch_add(1);
    settle(request, wasCanceled ? quint32(Canceled) : Failed + quint32(error.code()));
}

void Desk::canceled(const Request &request)
{
    settle(request, Canceled);
}

// Each event is said before the progress of the same step, and each is heard when it is its turn.
void Desk::heardEvent(const Request &request, qint64 nonce, int step)
{
    m_ledger.header().events.fetch_add(1);
    if (isOver(request) || nonce != request.nonce || step != m_heard[request.id].events++)
        m_ledger.noteDisorder(quint64(request.id));
}

void Desk::heardProgress(const Request &request, const Prefork::Progress &progress)
{
    m_ledger.header().progress.fetch_add(1);
    const Heard before = m_heard.value(request.id);
    if (isOver(request) || progress.maximum() != request.steps || progress.value() != before.events
        || progress.value() <= before.progress)
        m_ledger.noteDisorder(quint64(request.id));
    m_heard[request.id].progress = progress.value();
}

bool Desk::cancel(const Request &request, Prefork::Call call, Wish extra)
{
    const bool isGranted = call.cancel();
    if (isGranted)
        m_ledger.noteWish(quint64(request.id), ByHandle | extra);
    else
        m_ledger.header().lateCancels.fetch_add(1);
    return isGranted;
}

// Not once it has finished: Qt 6.4 then writes to where its continuation was.
void Desk::cancel(const Request &request, QFuture<QString> future)
{
    if (future.isFinished()) {
        m_ledger.header().lateCancels.fetch_add(1);
        return;
    }
    m_ledger.noteWish(quint64(request.id), ByFuture);
    future.cancel();
}

bool Desk::isUnwanted(const Request &request) const
{
    return record(request).wishes.load() != 0;
}

// A future's call hears that it is canceled when the event loop turns.
bool Desk::isOver(const Request &request) const
{
    return record(request).settlements.load() != 0 || (record(request).wishes.load() & ByHandle) != 0;
}

Record &Desk::record(const Request &request) const
{
    return m_ledger.records()[std::size_t(request.id)];
}

void Desk::settle(const Request &request, quint32 outcome)
{
    if (!m_ledger.settle(quint64(request.id), outcome))
        return;
    --m_unsettled;
    m_heard.remove(request.id);
    if (request.kind == Request::Die)
        m_ledger.endCrash();
    if (m_onSettled)
        m_onSettled();
}

}
