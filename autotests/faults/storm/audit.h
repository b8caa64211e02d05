// SPDX-License-Identifier: MIT
#ifndef STORM_AUDIT_H
#define STORM_AUDIT_H

#include "ledger.h"

#include <QtCore/QMap>

namespace Storm {

/// What the records of a ledger say about all requests together, once nobody writes them any more.
struct Audit
{
    quint64 requests = 0;
    quint64 answered = 0;
    quint64 canceled = 0;
    QMap<int, quint64> errors; ///< how many of each code
    quint64 settledOnce = 0;
    quint64 executedAtMostOnce = 0;
    quint64 mismatched = 0; ///< of those with a result
    quint64 lost = 0; ///< never settled, or answered without having run
    quint64 duplicated = 0; ///< settled or executed more than once, or never asked for
    quint64 unsettled = 0;
    quint64 misjudged = 0; ///< failed with a code that no kill can explain
    quint64 canceledByHandle = 0;
    quint64 canceledByFuture = 0;
    quint64 canceledUnsent = 0; ///< of both, and so are
    quint64 canceledAndBegun = 0;
    quint64 disobeyed = 0; ///< canceled, and settled otherwise, or ran though they had not been sent
    quint64 disordered = 0; ///< with events or progress out of order, doubled, missing, or after the settlement

    [[nodiscard]] bool isFine() const
    {
        return lost + duplicated + unsettled + mismatched + misjudged + disobeyed + disordered == 0;
    }
};

[[nodiscard]] Audit audit(std::span<const Record> records);
/// Whether a request that was killed, timed out, was aborted or threw may end so.
[[nodiscard]] bool isExplicable(Prefork::Error::Code code);

}

#endif
