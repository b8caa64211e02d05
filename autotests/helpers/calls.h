// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_CALLS_H
#define AUTOTESTS_CALLS_H

#include "helpers/serverprocess.h"

#include <QtPrefork/Checkout>
#include <QtPrefork/Frame>

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

/// Makes a call and runs the event loop until it has settled.
inline Outcome call(const Prefork::CheckoutPtr &checkout, const Prefork::MethodName &method, const Prefork::Arguments &arguments = {})
{
    const auto outcome = std::make_shared<Outcome>();
    Prefork::frameTry([&] { checkout->call(method, arguments, [outcome](const QVariant &result) { outcome->result = result; }); },
                      [outcome](const Prefork::Error &error) { outcome->error = error; });
    [[maybe_unused]] const bool hasSettled = QTest::qWaitFor([&] { return outcome->result || outcome->error; }, int(Patience.count()));
    return *outcome;
}

}

#endif
