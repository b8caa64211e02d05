// SPDX-License-Identifier: MIT
#include "audit.h"

namespace Storm {

using Prefork::Error;

namespace {

// Canceled by who has made it. A worker may have begun it before.
void countWishes(const Record &record, Audit *audit)
{
    const int wishes = record.wishes.load();
    if (wishes == 0)
        return;
    const bool hasBegun = record.executions.load() > 0;
    const bool isCanceled = record.settlements.load() == 0 || record.outcome.load() == Canceled;
    audit->canceledByHandle += (wishes & ByHandle) != 0;
    audit->canceledByFuture += (wishes & ByFuture) != 0;
    audit->canceledUnsent += (wishes & Unsent) != 0;
    audit->canceledAndBegun += hasBegun;
    audit->disobeyed += !isCanceled || ((wishes & Unsent) != 0 && hasBegun);
}

void count(const Record &record, Audit *audit)
{
    const quint32 settlements = record.settlements.load();
    const quint32 executions = record.executions.load();
    const quint32 outcome = record.outcome.load();
    const auto code = outcome >= Failed ? Error::Code(outcome - Failed) : Error::NoError;
    const bool saysItRan = outcome == Answered || code == Error::WorkerError;

    ++audit->requests;
    audit->settledOnce += settlements == 1;
    audit->executedAtMostOnce += executions <= 1;
    audit->unsettled += settlements == 0;
    audit->lost += settlements == 0 || (saysItRan && executions == 0);
    audit->duplicated += settlements > 1 || executions > 1 || record.submissions.load() != 1;
    audit->mismatched += record.mismatches.load() > 0;
    audit->answered += outcome == Answered;
    audit->canceled += outcome == Canceled;
    audit->disordered += record.isDisordered.load() != 0;
    countWishes(record, audit);
    if (outcome >= Failed) {
        ++audit->errors[code];
        audit->misjudged += !isExplicable(code);
    }
}

}

Audit audit(std::span<const Record> records)
{
    Audit audit;
    for (const Record &record : records) {
        if (record.submissions.load() + record.settlements.load() + record.executions.load() > 0)
            count(record, &audit);
    }
    return audit;
}

bool isExplicable(Error::Code code)
{
    switch (code) {
    case Error::WorkerError:
    case Error::Timeout:
    case Error::WorkerLost:
    case Error::Aborted:
        return true;
    default:
        return false;
    }
}

}
