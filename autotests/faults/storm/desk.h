// SPDX-License-Identifier: MIT
#ifndef STORM_DESK_H
#define STORM_DESK_H

#include "ledger.h"
#include "requests.h"

#include <QtPrefork/Call>
#include <QtPrefork/Progress>

#include <QtCore/QFuture>
#include <QtCore/QHash>

#include <functional>

namespace Storm {

/// Where a client gets its requests, and where it reports how each of them settled: keeps the client's part of the
/// ledger.
class Desk
{
    Q_DISABLE_COPY_MOVE(Desk)

public:
    /// @p hearsEvents: whether the client's protocol has events.
    Desk(Ledger &ledger, quint64 seed, bool hearsEvents)
        : m_ledger(ledger)
        , m_random(seed)
        , m_hearsEvents(hearsEvents)
    {
    }

    /// Called after each settlement.
    void onSettled(std::function<void()> function) { m_onSettled = std::move(function); }
    [[nodiscard]] Random &random() { return m_random; }
    [[nodiscard]] quint32 unsettled() const { return m_unsettled; }

    /// A request, which is to be sent now; none if there are to be no more.
    [[nodiscard]] std::optional<Request> draw();

    void answered(const Request &request, const QString &answer);
    void failed(const Request &request, const Prefork::Error &error);
    void canceled(const Request &request);

    void heardEvent(const Request &request, qint64 nonce, int step);
    void heardProgress(const Request &request, const Prefork::Progress &progress);

    /// Cancels its call; true if there is to be neither a result nor an error any more.
    bool cancel(const Request &request, Prefork::Call call, Wish extra = {});
    void cancel(const Request &request, QFuture<QString> future);
    [[nodiscard]] bool isUnwanted(const Request &request) const;

private:
    struct Heard
    {
        int events = 0;
        qint64 progress = 0;
    };

    [[nodiscard]] bool isOver(const Request &request) const;
    [[nodiscard]] Record &record(const Request &request) const;
    void settle(const Request &request, quint32 outcome);

    Ledger &m_ledger;
    Random m_random;
    const bool m_hearsEvents;
    QHash<qint64, Heard> m_heard; // of requests that have not settled, by their ids
    quint32 m_unsettled = 0;
    std::function<void()> m_onSettled;
};

}

#endif
