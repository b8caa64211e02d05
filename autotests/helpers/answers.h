// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_ANSWERS_H
#define AUTOTESTS_ANSWERS_H

#include "helpers/calls.h"

#include <QtTest/QTest>

namespace Test {

/// The result of a call; of one that failed, a text that says how.
inline QVariant answer(const Prefork::CheckoutPtr &checkout, const Prefork::MethodName &method,
                       const Prefork::Arguments &arguments = {})
{
    const Outcome outcome = call(checkout, method, arguments);
    if (outcome.error)
        return QStringLiteral("it failed: %1").arg(outcome.error->message());
    return outcome.result ? *outcome.result : QVariant(QStringLiteral("it did not settle"));
}

/// The error of a call; of one that did not fail, NoError.
inline Prefork::Error failure(const Prefork::CheckoutPtr &checkout, const Prefork::MethodName &method,
                              const Prefork::Arguments &arguments = {})
{
    return call(checkout, method, arguments).error.value_or(Prefork::Error());
}

inline qint64 pidOf(const Prefork::CheckoutPtr &checkout)
{
    return answer(checkout, "pid").toLongLong();
}

/// What becomes of many calls, in the order in which they settle, as text.
class Journal
{
public:
    /// A call that notes `NAME=result`, `NAME!message`, or nothing.
    void call(const Prefork::CheckoutPtr &checkout, const QString &name, const Prefork::MethodName &method,
              const Prefork::Arguments &arguments = {})
    {
        Prefork::frameTry(
            [&] {
                checkout->call(method, arguments,
                               [this, name](const QVariant &result) { note(name + u'=' + result.toString()); });
            },
            [this, name](const Prefork::Error &error) { note(name + u'!' + error.message()); });
    }
    void note(const QString &entry) { m_entries.append(entry); }
    [[nodiscard]] const QStringList &entries() const { return m_entries; }
    [[nodiscard]] qsizetype size() const { return m_entries.size(); }

private:
    QStringList m_entries;
};

}

/// Waits for what takes no time at all.
#define WAIT_FOR(condition) QTRY_VERIFY_WITH_TIMEOUT(condition, int(Test::Patience.count()))
#define WAIT_COMPARE(actual, expected) QTRY_COMPARE_WITH_TIMEOUT(actual, expected, int(Test::Patience.count()))

#endif
