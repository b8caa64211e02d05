// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_CALLS_H
#define AUTOTESTS_CALLS_H

#include "helpers/serverprocess.h"

#include <QtPrefork/Checkout>
#include <QtPrefork/Frame>

#include <QtCore/QCoreApplication>
#include <QtCore/QEventLoop>
#include <QtCore/QTimer>
#include <QtTest/QTest>

#include <memory>
#include <optional>

namespace Test {

/// How a call settled: with one of the two. With neither if it did not.
struct Outcome
{
    std::optional<QVariant> result;
    std::optional<Prefork::Error> error;
};

/// Turns the event loop until @p isDone, asked after every turn; false if that takes longer than patience. Sleeps
/// between events and not a moment longer, unlike QTest::qWaitFor().
template <class Predicate>
[[nodiscard]] bool waitUntil(Predicate isDone)
{
    QTimer patience;
    patience.setSingleShot(true);
    patience.start(Patience);
    while (!isDone() && patience.isActive()) {
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
    return isDone();
}

/// The same for what is done when @p count is at least @p total; it takes as long as it likes while the count grows.
template <class Count, class Total>
[[nodiscard]] bool waitUntilAll(Count count, Total total)
{
    for (qsizetype before = -1; before < qsizetype(count());) {
        before = count();
        if (waitUntil([&] { return count() >= total(); }))
            return true;
    }
    return false;
}

/// Makes a call and runs the event loop until it has settled.
inline Outcome call(const Prefork::CheckoutPtr &checkout, const Prefork::MethodName &method,
                    const Prefork::Arguments &arguments = {})
{
    const auto outcome = std::make_shared<Outcome>();
    Prefork::frameTry(
        [&] { checkout->call(method, arguments, [outcome](const QVariant &result) { outcome->result = result; }); },
        [outcome](const Prefork::Error &error) { outcome->error = error; });
    [[maybe_unused]] const bool hasSettled = waitUntil([&] { return outcome->result || outcome->error; });
    return *outcome;
}

}

#endif
