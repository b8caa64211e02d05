// SPDX-License-Identifier: MIT
#ifndef STORM_DESK_H
#define STORM_DESK_H

#include "ledger.h"
#include "requests.h"

#include <functional>

namespace Storm {

/// Where a client gets its requests, and where it reports how each of them settled: keeps the client's part of the
/// ledger.
class Desk
{
    Q_DISABLE_COPY_MOVE(Desk)

public:
    Desk(Ledger &ledger, quint64 seed)
        : m_ledger(ledger)
        , m_random(seed)
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

private:
    void settle(const Request &request, quint32 outcome);

    Ledger &m_ledger;
    Random m_random;
    quint32 m_unsettled = 0;
    std::function<void()> m_onSettled;
};

}

#endif
