// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>
#include <QtPrefork/Local>

#include <QtCore/QTimer>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;

namespace {

inline constexpr Method<QString(QString)> echo{"echo"};
Local<QString> s_request;

}

class TaskCheckoutTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(),
                                            ClientOptions{.name = "stable", .minWorkers = 1, .maxWorkers = 1});
    }
    void cleanup() { m_client.reset(); }

    void t50_aCheckoutIsThereAtOnce()
    {
        Client client(Address("unix:/nonexistent/directory/socket"));
        const CheckoutPtr checkout = client.checkout();
        QVERIFY(checkout);
        QVERIFY(!checkout->error());
        QCOMPARE(client.waitingCheckoutCount(), 1);
    }
    void t50_aCheckoutHasItsWorkerForItself()
    {
        const CheckoutPtr first = m_client->checkout();
        const CheckoutPtr second = m_client->checkout();
        Test::Journal journal;
        journal.call(second, "second", "echo", {2});
        for (int i = 0; i < 3; ++i)
            QCOMPARE(answer(first, "echo", {i}), QVariant(i));
        QCOMPARE(journal.size(), 0);
        first->release();
        WAIT_COMPARE(journal.entries(), QStringList("second=2"));
    }
    void t50_checkoutsAreServedInTheOrderTheyWereMade()
    {
        Test::Journal journal;
        for (int i = 0; i < 5; ++i)
            journal.call(m_client->checkout(), QString::number(i), "echo", {i});
        WAIT_COMPARE(journal.entries(), QStringList({"0=0", "1=1", "2=2", "3=3", "4=4"}));
    }
    void t50_aCheckoutMayHaveATimeoutOfItsOwn()
    {
        const CheckoutPtr checkout = m_client->checkout({.timeout = 150ms});
        const Error error = Test::failure(checkout, "sleep", {60000});
        QCOMPARE(error.message(), "timed out after 0.15 seconds");
    }

    void t51_methodsByNameByTypeAndWithoutEither()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QStringList results;
        const auto note = [&results](const QVariant &value) { results.append(value.toString()); };
        checkout->call("echo", {"by name"}, note);
        checkout->call(echo, "by type", [&results](const QString &value) { results.append(value); });
        checkout->callFunction({"echo", "as a function"}, note);
        WAIT_COMPARE(results, QStringList({"by name", "by type", "as a function"}));
    }
    void t51_listsSpreadOnlyWithoutBraces()
    {
        const CheckoutPtr checkout = m_client->checkout();
        const QVariantList list{"a", "b"};
        QCOMPARE(answer(checkout, "echo", list), QVariant("a"));
        QCOMPARE(answer(checkout, "echo", Arguments{list}), QVariant(list));
    }

    // There the last argument has to be the callback, called with the checkout and the value; here it may be left out.
    void t52_theCallbackGetsTheValue()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QString typed;
        QVariant dynamic;
        bool without = false;
        checkout->call(echo, "a", [&](const QString &value) { typed = value; });
        checkout->call(echo, "b", [&](const QVariant &value) { dynamic = value; });
        checkout->call(echo, "c", [&] { without = true; });
        WAIT_FOR(without);
        QCOMPARE(typed, "a");
        QCOMPARE(dynamic, QVariant("b"));
    }
    void t52_thereNeedNotBeACallback()
    {
        const CheckoutPtr checkout = m_client->checkout();
        checkout->call("echo", {"forgotten"});
        checkout->call(echo, "forgotten");
        checkout->call("count");
        QCOMPARE(answer(checkout, "count"), QVariant(4));
    }
    void t52_theCallbackRunsOnceAndLater()
    {
        const CheckoutPtr checkout = m_client->checkout();
        int runs = 0;
        checkout->call("echo", {1}, [&runs] { ++runs; });
        QCOMPARE(runs, 0);
        QCOMPARE(answer(checkout, "echo", {2}), QVariant(2));
        QCOMPARE(runs, 1);
    }
    void t52_theCallbackMayUseTheCheckout()
    {
        auto checkout = m_client->checkout();
        QString result;
        checkout->call(echo, "once", [&result, checkout](const QString &first) {
            checkout->call(echo, first + " more", [&result](const QString &second) { result = second; });
        });
        checkout.reset();
        WAIT_COMPARE(result, "once more");
    }

    void t53_aCallbackRunsInTheFrameOfItsCall()
    {
        std::optional<Error> caught;
        bool wasCurrent = false;
        const CheckoutPtr checkout = m_client->checkout();
        frameTry(
            [&] {
                checkout->call("echo", {1}, [&] {
                    wasCurrent = !Frame::current().isNull() && Frame::current().name() == "stable -> echo";
                    throw std::runtime_error("in the callback");
                });
            },
            [&](const Error &error) { caught = error; });
        WAIT_FOR(caught.has_value());
        QVERIFY(wasCurrent);
        QCOMPARE(caught->message(), "in the callback");
        QVERIFY2(caught->backTrace().contains("tst_task_checkout.cpp"), qPrintable(caught->backTrace()));
    }
    void t53_aFubKeepsItsOwnFrame()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QStringList caught;
        auto callback = frame(
            {.name = "mine"}, [](const QVariant &) { throw std::runtime_error("in the fub"); },
            [&](const Error &error) { caught.append("own " + error.message()); });
        frameTry([&] { checkout->call("echo", {1}, callback); },
                 [&](const Error &error) { caught.append("other " + error.message()); });
        WAIT_COMPARE(caught, QStringList("own in the fub"));
    }
    void t53_anErrorGoesToTheFubsFrame()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QStringList caught;
        auto callback = frame(
            {.name = "mine"}, [](const QVariant &) {},
            [&](const Error &error) { caught.append("own " + error.message()); });
        frameTry([&] { checkout->call("fail", {"no luck"}, callback); },
                 [&](const Error &error) { caught.append("other " + error.message()); });
        WAIT_COMPARE(caught, QStringList("own no luck"));
    }

    void t54_callsMadeBeforeThereIsAWorkerRunInOrder()
    {
        const CheckoutPtr holder = m_client->checkout();
        const qint64 calls = answer(holder, "count").toLongLong();
        const CheckoutPtr checkout = m_client->checkout();
        Test::Journal journal;
        for (int i = 0; i < 5; ++i)
            journal.call(checkout, QString::number(i), "count");
        QCOMPARE(checkout->pendingCallCount(), 5);
        holder->release();
        WAIT_COMPARE(journal.size(), 5);
        for (int i = 0; i < 5; ++i)
            QCOMPARE(journal.entries().at(i), QStringLiteral("%1=%2").arg(i).arg(calls + 1 + i));
        QCOMPARE(checkout->pendingCallCount(), 0);
    }
    void t54_callsAreNumbered()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QSignalSpy finished(checkout.get(), &Checkout::finished);
        QCOMPARE(checkout->call("echo", {"a"}), CallId(1));
        QCOMPARE(checkout->call("echo", {"b"}), CallId(2));
        WAIT_COMPARE(finished.size(), 2);
        QCOMPARE(finished.at(0), QVariantList({QVariant::fromValue(CallId(1)), "a"}));
        QCOMPARE(finished.at(1), QVariantList({QVariant::fromValue(CallId(2)), "b"}));
    }

    void t69_anErrorArrivesInTheFrameOfItsCall()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QStringList caught;
        const auto failIn = [&](const QByteArray &name) {
            frameTry(
                name, [&] { checkout->call("fail", {"no luck"}); },
                [&caught, name](const Error &error) {
                    caught.append(QString(name) + ": " + error.message() + " in " + Frame::current().name());
                    QVERIFY2(error.backTrace().contains(" - " + name), qPrintable(error.backTrace()));
                });
        };
        failIn("first");
        WAIT_COMPARE(caught, QStringList("first: no luck in stable -> fail"));
        failIn("second");
        WAIT_COMPARE(caught.size(), 2);
        QCOMPARE(caught.last(), "second: no luck in stable -> fail");
    }
    void t69_aResultArrivesWithTheVariablesOfItsCall()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QStringList seen;
        for (const char *const value : {"1", "2"})
            frameLocal(s_request, value,
                       [&] { checkout->call("echo", {1}, [&seen] { seen.append(s_request.value()); }); });
        QCOMPARE(s_request.value(), "");
        WAIT_COMPARE(seen, QStringList({"1", "2"}));
    }
    void t69_aTimeoutArrivesInTheContextOfItsCall()
    {
        const CheckoutPtr checkout = m_client->checkout({.timeout = 100ms});
        QStringList caught;
        frameTry(
            [&] {
                QTimer::singleShot(0, checkout.get(), fub([&] {
                                       frameTry(
                                           "inner", [&] { checkout->call("sleep", {60000}); },
                                           [&](const Error &error) { caught.append("inner " + error.message()); });
                                   }));
            },
            [&](const Error &error) { caught.append("outer " + error.message()); });
        WAIT_COMPARE(caught, QStringList("inner timed out after 0.1 seconds"));
    }
    void t69_theBackTraceTellsWhereTheCallWasMade()
    {
        const Error error = Test::failure(m_client->checkout(), "fail", {"no luck"});
        const QStringList lines = error.backTrace().split('\n');
        QCOMPARE(lines.value(0), "no luck");
        QVERIFY2(lines.value(2).contains("tst_task_checkout.cpp:"), qPrintable(error.backTrace()));
        QVERIFY2(lines.value(2).endsWith(" - stable -> fail"), qPrintable(error.backTrace()));
    }

private:
    std::unique_ptr<Client> m_client;
};

PREFORK_TEST_MAIN(TaskCheckoutTest, Test::addBasics)
#include "tst_task_checkout.moc"
