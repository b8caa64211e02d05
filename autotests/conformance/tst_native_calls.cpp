// SPDX-License-Identifier: MIT
// Calls with handles, options, two callbacks and handlers for what they say before their results.
#include "helpers/retold.h"
#include "helpers/unhandled.h"
#include "helpers/worklog.h"

#include <QtPrefork/Worker>

#include <QtCore/QFutureWatcher>
#include <QtCore/QRegularExpression>
#include <QtCore/QThread>
#include <QtTest/QSignalSpy>

#include <thread>
#include <unordered_set>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::Gate;
using Test::WorkLog;

namespace {

inline constexpr Method<int(int, int)> add{"add"};
inline constexpr Method<void(QString)> passing{"passing"};
inline constexpr Method<int(QString)> failing{"failing"};
inline constexpr Method<int(int, int)> countdown{"countdown"};
inline constexpr Method<bool(QString)> waitingForCancel{"waitingForCancel"};
inline constexpr Method<int(int)> reporting{"reporting"};
inline constexpr Method<void(QString)> slowing{"slowing"};
inline constexpr Event<int> tick{"tick"};
inline constexpr Event<QString, QList<int>> rich{"rich"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    Test::addNoting(interface);
    interface.add(add, [](int a, int b) { return a + b; });
    interface.add(passing, [](const QString &gate) { Gate::pass(gate); });
    interface.add(failing, [](const QString &text) -> int { throw Error(text); });
    interface.add(countdown, [](int steps, int ms) {
        for (int step = 1; step <= steps; ++step) {
            std::this_thread::sleep_for(std::chrono::milliseconds(ms));
            Worker::throwIfCanceled();
            Worker::emitEvent(tick, steps - step);
            Worker::setProgress(step, steps, QStringLiteral("step %1").arg(step));
        }
        Worker::emitEvent(rich, QStringLiteral("done"), QList<int>{1, 2});
        Worker::emitEvent("untyped", {1.5, "x"});
        return steps;
    });
    interface.add(waitingForCancel, [](const QString &gate) {
        Gate::pass(gate);
        while (!Worker::isCanceled()) { }
        return true;
    });
    interface.add(slowing, [](const QString &gate) { // long enough to be killed, were it deaf for some 60 rounds
        const auto fastUntil = std::chrono::steady_clock::now() + 5ms;
        while (std::chrono::steady_clock::now() < fastUntil)
            static_cast<void>(Worker::isCanceled());
        Gate::pass(gate);
        while (!Worker::isCanceled())
            std::this_thread::sleep_for(150ms);
    });
    interface.add(reporting, [](int count) {
        for (int i = 1; i <= count; ++i)
            Worker::setProgress(i, count);
        return count;
    });
}

}

class NativeCallsTest : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }
    void init()
    {
        m_unhandled = std::make_unique<Test::UnhandledErrors>();
        remake({});
    }
    void cleanup()
    {
        m_checkout.reset();
        m_client.reset();
        QCOMPARE(m_unhandled->messages(), QStringList());
        m_unhandled.reset();
    }

    void aHandleStandsForItsCall()
    {
        const Call first = m_checkout->call(add, 1, 2);
        Call second = m_checkout->call(add, 1, 2);
        const Call oneShot = m_client->call(add, 1, 2);
        const CallId number = second;
        QCOMPARE(number, CallId(2));
        QCOMPARE(oneShot.id(), CallId(1));
        QVERIFY(first != second && first != oneShot && Call(first) == first && Call() != first);
        const std::unordered_set<Call> calls{first, second, first, oneShot};
        QCOMPARE(calls.size(), std::size_t(3));
        QVERIFY(Call().isSettled() && !first.isSettled() && !second.isSettled() && !oneShot.isSettled());
        WAIT_FOR(second.isSettled());
        m_checkout->release();
        WAIT_FOR(oneShot.isSettled());
        QVERIFY(!second.cancel());
    }
    void aHandleOutlivesEverything()
    {
        Call call = m_checkout->call(add, 1, 2, nullptr, [](const Error &) { });
        m_client.reset();
        QVERIFY(call.isSettled() && !call.cancel());
        m_checkout.reset();
        QVERIFY(call.isSettled() && !call.cancel());
    }
    void twoCallbacks()
    {
        QStringList seen;
        int caught = 0;
        const auto fine = [&](int sum) { seen += QString::number(sum); };
        const auto bad = [&](const Error &error) { seen += error.message(); };
        frameTry(
            [&] {
                m_checkout->call(add, 1, 2, fine, bad);
                m_checkout->call(failing, "no luck", fine, bad);
                m_checkout->call(add, 1, 2, fine, [&](const Error &error) {
                    seen += QString::number(error.code()) + ' ' + error.detail();
                });
            },
            [&](const Error &) { ++caught; });
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        m_checkout->call(add, 20, 22, nullptr, bad);
        m_checkout->call("add", {20, 23}, [&](const QVariant &sum) { seen += sum.toString(); }, nullptr);
        m_checkout->call("failing", {"by name"}, this, nullptr, bad);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(seen, QStringList({"3", "no luck", QString::number(Error::Canceled) + " no luck", "43", "by name"}));
        QCOMPARE(caught, 0);
    }
    void theSignalComesFirstAndWhatTheCallbackThrowsGoesToTheCatchers()
    {
        QStringList seen;
        connect(m_checkout.get(), &Checkout::errored, this, [&] { seen += "signal"; });
        frameTry(
            [&] {
                m_checkout->call(
                    failing, "first", [](int) {},
                    [&](const Error &) {
                        seen += "callback";
                        throw Error(QStringLiteral("thrown"));
                    });
            },
            [&](const Error &error) { seen += error.message(); });
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(seen, QStringList({"signal", "callback", "thrown"}));
    }
    void withoutTheirContextBothCallbacksAreDropped()
    {
        int heard = 0;
        auto context = std::make_unique<QObject>();
        QSignalSpy errored(m_checkout.get(), &Checkout::errored);
        frameTry(
            [&] {
                m_checkout->call(failing, "x", context.get(), [&](int) { ++heard; }, [&](const Error &) { ++heard; });
            },
            [&](const Error &) { ++heard; });
        context.reset();
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(heard, 0);
        QCOMPARE(errored.size(), 1);
    }
    void anErrorCallbackMayBeAFub()
    {
        QStringList seen;
        frameTry(
            [&] {
                m_client->call(failing, "x", nullptr, fub([&](const Error &error) {
                                   seen += error.message();
                                   throw Error(QStringLiteral("again"));
                               }));
                m_checkout->release();
            },
            [&](const Error &error) { seen += error.message(); });
        WAIT_COMPARE(seen, QStringList({"x", "again"}));
    }
    void futuresByName()
    {
        const QFuture<QVariant> sum = m_checkout->future("add", {20, 22});
        const QFuture<QVariant> pid = m_client->future("pid");
        WAIT_FOR(sum.isFinished());
        m_checkout->release();
        WAIT_FOR(pid.isFinished());
        QCOMPARE(sum.result().toInt(), 42);
        QVERIFY(pid.result().toLongLong() > 0);
    }

    void aRunTimeOutCountsFromTheBeginning()
    {
        const Gate gate;
        std::optional<Error> error;
        static const QRegularExpression expected("^'passing' ran for \\d+(\\.\\d+)? s$");
        m_checkout->call("sleep", {30});
        m_checkout->with({.runTimeout = 100ms}).call(passing, gate.path(), nullptr, [&](const Error &e) { error = e; });
        WAIT_FOR(error);
        QCOMPARE(error->code(), Error::Timeout);
        QCOMPARE(error->message(), "timed out after 0.1 seconds");
        QVERIFY2(error->detail().contains(expected), qPrintable(error->detail()));
        QVERIFY(m_checkout->error());
    }
    void aDeadlineCountsFromTheCall()
    {
        const Gate gate;
        const CheckoutPtr waiting = m_client->checkout();
        m_checkout->call(passing, gate.path(), nullptr, [](const Error &) { });
        std::optional<Error> error;
        waiting->with({.deadline = 50ms}).call(add, 1, 2, nullptr, [&](const Error &e) { error = e; });
        WAIT_FOR(error);
        QCOMPARE(error->message(), "timed out after 0.05 seconds");
        QCOMPARE(error->detail(), "all workers were busy");
    }
    // There the call is written at once, and nothing else happens in the client until its time is over.
    void limitsOfAWarmCheckoutEndInTime_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("detail");
        for (const char *kind : {"timeout", "runTimeout", "deadline"})
            QTest::newRow(kind) << kind << "'passing' ran for ";
    }
    void limitsOfAWarmCheckoutEndInTime()
    {
        QFETCH(QString, kind);
        QFETCH(QString, detail);
        const Gate gate;
        CheckoutOptions checkoutOptions;
        CallOptions callOptions;
        if (kind == "timeout")
            checkoutOptions.timeout = 1s; // enough for the first call, too
        else
            (kind == "deadline" ? callOptions.deadline : callOptions.runTimeout) = 1s;
        m_checkout->release();
        m_checkout = m_client->checkout(checkoutOptions);
        QVERIFY(Test::pidOf(m_checkout) > 0);
        bool isLater = false;
        QTimer::singleShot(1100ms, &m_timers, [&isLater] { isLater = true; }); // the alarm of the call before is over
        WAIT_FOR(isLater);
        std::optional<Error> error;
        QEventLoop loop; // without the timers of a wait for something, which would turn it
        QTimer::singleShot(Test::Patience, &loop, &QEventLoop::quit);
        m_checkout->with(callOptions).call(passing, gate.path(), nullptr, [&](const Error &e) {
            error = e;
            loop.quit();
        });
        loop.exec();
        QVERIFY(error);
        QCOMPARE(error->message(), "timed out after 1 second");
        QVERIFY2(error->detail().startsWith(detail), qPrintable(error->detail()));
    }
    void onlyTheImpliedTimeOutGivesWayToARunTimeOut()
    {
        const Gate gate;
        remake({.timeout = 50ms, .runTimeout = 10s});
        std::optional<Error> error;
        m_checkout->call(passing, gate.path(), nullptr, [&](const Error &e) { error = e; });
        WAIT_FOR(error);
        QCOMPARE(error->message(), "timed out after 0.05 seconds");
    }
    void ofBatchesExactlyTheLongFail()
    {
        remake({.maxWorkers = 3});
        m_checkout->release();
        int done = 0;
        QStringList late;
        constexpr int Count = 600;
        for (int i = 0; i < Count; ++i) {
            const bool isLong = i % 150 == 70;
            m_client
                ->with({.runTimeout = 2s}) // more than a short one needs on a busy machine
                .call(
                    "sleep", {isLong ? 600'000 : 0}, [&](const QVariant &) { ++done; },
                    [&late](const Error &error) { late += error.detail(); });
        }
        WAIT_FOR(done + late.size() == Count);
        QCOMPARE(late.size(), 4);
        static const QRegularExpression expected("^'sleep' ran for \\d+(\\.\\d+)? s$");
        QCOMPARE(late.filter(expected), late);
    }
    void priorityOrdersTheLine()
    {
        Gate gate;
        const Call first = m_checkout->call(passing, gate.path());
        QStringList order;
        const auto note = [&](const QString &name) { return [&order, name] { order += name; }; };
        m_client->call(add, 1, 2, note("plain"));
        m_client->with({.priority = 2}).call(add, 1, 2, note("two"));
        m_client->with({.priority = 1}).call(add, 1, 2, note("one"));
        m_client->with({.priority = 2}).call(add, 1, 2, note("two more"));
        WAIT_FOR(gate.isReached());
        m_checkout->release();
        gate.open();
        WAIT_COMPARE(order, QStringList({"two", "two more", "one", "plain"}));
        QVERIFY(first.isSettled());
    }

    void eventsAndProgressComeInTheirOrderBeforeTheResult()
    {
        QStringList seen;
        m_checkout->with({})
            .on(tick, [&](int left) { seen += QStringLiteral("tick %1").arg(left); })
            .onProgress([&](const Progress &p) {
                seen += QStringLiteral("%1/%2 %3").arg(p.value()).arg(p.maximum()).arg(p.text());
            })
            .on(rich, [&](const QString &text, const QList<int> &list) { seen += text + QString::number(list.size()); })
            .onEvent([&](const QString &name, const QVariantList &arguments) {
                if (name == "untyped")
                    seen += arguments.at(0).toString() + arguments.at(1).toString();
            })
            .call(countdown, 3, 15, [&](int result) { seen += QString::number(result); });
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(seen,
                 QStringList(
                     {"tick 2", "1/3 step 1", "tick 1", "2/3 step 2", "tick 0", "3/3 step 3", "done2", "1.5x", "3"}));
    }
    void whatAHandlerThrowsGoesToTheCatchersAndTheCallGoesOn()
    {
        QStringList seen;
        frameTry(
            [&] {
                m_checkout->with({})
                    .on(tick, [](int) { throw Error(QStringLiteral("from a handler")); })
                    .call(countdown, 1, 0, [&](int result) { seen += QString::number(result); });
            },
            [&](const Error &error) { seen += error.message(); });
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(seen, QStringList({"from a handler", "1"}));
    }
    void anEventOfAnotherTypeEndsTheConnection()
    {
        constexpr Event<QList<int>> wrongTick{"tick"};
        std::optional<Error> error;
        m_checkout->with({})
            .on(wrongTick, [](const QList<int> &) {})
            .call(countdown, 1, 0, nullptr, [&](const Error &e) { error = e; });
        WAIT_FOR(error);
        QCOMPARE(error->code(), Error::ProtocolError);
        QVERIFY2(error->message().contains("'tick'"), qPrintable(error->message()));
    }
    void anEventWhoseValueDoesNotFitCostsItsCallAlone()
    {
        constexpr Event<signed char> shortTick{"tick"};
        std::optional<Error> error;
        QStringList seen;
        const qint64 pid = Test::pidOf(m_checkout);
        m_checkout->with({})
            .on(shortTick, [&](int left) { seen += QString::number(left); })
            .call(countdown, 200, 0, nullptr, [&](const Error &e) { error = e; });
        WAIT_FOR(error);
        QCOMPARE(error->code(), Error::WorkerError);
        QCOMPARE(error->message(), "the event 'tick' of 'countdown' cannot be taken: a value of it does not fit int");
        QCOMPARE(seen, QStringList());
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }
    void handlersAreNotCalledInAWrongThread_data()
    {
        QTest::addColumn<int>("handler");
        QTest::newRow("progress") << 0;
        QTest::newRow("event") << 1;
        QTest::newRow("any event") << 2;
    }
    void handlersAreNotCalledInAWrongThread()
    {
        QFETCH(const int, handler);
        QThread other;
        QObject context;
        QObject moved;
        QList<Error> errors;
        int heard = 0;
        const auto call = [&](QObject *to) {
            const CallMaker maker = m_checkout->with({});
            const auto fail = [&errors](const Error &error) { errors += error; };
            if (handler == 0)
                maker.onProgress(to, [&heard](const Progress &) { ++heard; }).call(countdown, 2, 0, nullptr, fail);
            else if (handler == 1)
                maker.on(tick, to, [&heard](int) { ++heard; }).call(countdown, 2, 0, nullptr, fail);
            else
                maker.onEvent(to, [&heard](const QString &, const QVariantList &) { ++heard; })
                    .call(countdown, 2, 0, nullptr, fail);
        };
        call(&moved);
        context.moveToThread(&other);
        moved.moveToThread(&other);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QVERIFY(errors.isEmpty());
        call(&context);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(errors.size(), 1);
        QCOMPARE(errors.first().code(), Error::BadArguments);
        QCOMPARE(errors.first().message(), "the call's context object lives in another thread than the client");
        QCOMPARE(heard, 0);
    }
    void aFutureHasTheProgressOfItsCall()
    {
        QFutureWatcher<int> watcher;
        QStringList texts;
        connect(&watcher, &QFutureWatcherBase::progressTextChanged, this, [&](const QString &text) { texts += text; });
        QList<int> maxima; // Telling of one again would have a bar painted again.
        connect(&watcher, &QFutureWatcherBase::progressRangeChanged, this,
                [&](int, int maximum) { maxima += maximum; });
        const QFuture<int> future = m_checkout->future(countdown, 2, 30);
        watcher.setFuture(future);
        WAIT_FOR(future.isFinished());
        QCOMPARE(future.progressMaximum(), 2);
        QCOMPARE(future.progressValue(), 2);
        WAIT_COMPARE(maxima.count(2), 1);
        QVERIFY(texts.contains("step 1"));
    }
    void aMillionReportsDoNotGrowMemory()
    {
        qint64 heard = 0;
        qint64 last = 0;
        m_checkout->with({})
            .onProgress([&](const Progress &p) {
                ++heard;
                last = p.value();
            })
            .call(reporting, 1'000'000);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(last, 1'000'000);
        QVERIFY2(heard < 100'000, qPrintable(QString::number(heard)));
    }

    void aCanceledCallThatRunsIsToldAndItsWorkerLivesOn()
    {
        Gate gate;
        int heard = 0;
        QSignalSpy canceled(m_checkout.get(), &Checkout::canceled);
        const qint64 pid = Test::pidOf(m_checkout);
        Call call
            = m_checkout->call(waitingForCancel, gate.path(), [&](bool) { ++heard; }, [&](const Error &) { ++heard; });
        WAIT_FOR(gate.isReached());
        gate.open();
        QVERIFY(call.cancel());
        QVERIFY(!call.isSettled() && !call.cancel());
        QCOMPARE(canceled.size(), 0);
        WAIT_FOR(call.isSettled());
        QCOMPARE(canceled.size(), 1);
        QCOMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(Test::pidOf(m_checkout), pid);
        QCOMPARE(heard, 0);
    }
    void aDroppedCheckoutIsReleasedAfterItsCanceledCalls_data()
    {
        QTest::addColumn<bool>("isDroppedFirst");
        QTest::addColumn<int>("behind");
        QTest::newRow("dropped, then canceled") << true << 0;
        QTest::newRow("canceled, then dropped") << false << 0;
        QTest::newRow("dropped, with calls behind") << true << 3;
    }
    void aDroppedCheckoutIsReleasedAfterItsCanceledCalls()
    {
        QFETCH(const bool, isDroppedFirst);
        QFETCH(const int, behind);
        Gate gate;
        QSignalSpy released(m_checkout.get(), &Checkout::released);
        QSignalSpy destroyed(m_checkout.get(), &QObject::destroyed);
        QSignalSpy canceled(m_checkout.get(), &Checkout::canceled);
        QList<Call> calls{m_checkout->call(waitingForCancel, gate.path())};
        for (int i = 0; i < behind; ++i)
            calls += m_checkout->call(add, 1, i);
        WAIT_FOR(gate.isReached());
        if (isDroppedFirst)
            m_checkout.reset();
        for (Call &call : calls)
            QVERIFY(call.cancel());
        WAIT_COMPARE(canceled.size(), calls.size());
        m_checkout.reset();
        QCOMPARE(released.size(), 0);
        QCOMPARE(destroyed.size(), 0);
        gate.open(); // until then its worker does not look whether it was canceled
        WAIT_COMPARE(destroyed.size(), 1);
        QCOMPARE(released.size(), 1);
    }
    void aCanceledCheckoutGoesWithItsClient()
    {
        Gate gate;
        QSignalSpy released(m_checkout.get(), &Checkout::released);
        QSignalSpy destroyed(m_checkout.get(), &QObject::destroyed);
        Call call = m_checkout->call(waitingForCancel, gate.path());
        WAIT_FOR(gate.isReached());
        QVERIFY(call.cancel());
        m_checkout.reset();
        WAIT_FOR(call.isSettled());
        m_client.reset();
        gate.open();
        WAIT_COMPARE(destroyed.size(), 1);
        QCOMPARE(released.size(), 1);
    }
    void aCanceledCallThatWaitsNeverStarts_data() { addMakers(); }
    void aCanceledCallThatWaitsNeverStarts()
    {
        Gate gate;
        const WorkLog log;
        const qint64 pid = Test::pidOf(m_checkout);
        m_checkout->call(passing, gate.path());
        WAIT_FOR(gate.isReached());
        m_checkout->call("note", {log.path(), "first"});
        Call call = m_checkout->call("note", {log.path(), "second"});
        m_checkout->call("note", {log.path(), "third"});
        QFETCH(bool, isWritten);
        if (isWritten)
            WAIT_COMPARE(m_client->bytesToWrite(), 0);
        QVERIFY(call.cancel());
        WAIT_FOR(call.isSettled());
        QCoreApplication::processEvents(); // by its end the cancel has been written
        gate.open();
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(Test::pidOf(m_checkout), pid);
        QCOMPARE(log.entries(), QStringList({"first", "third"}));
    }
    void oneThatDoesNotEndIsKilledAfterTheGrace()
    {
        remake({.cancelGrace = 100ms});
        const Gate gate;
        const qint64 pid = Test::pidOf(m_checkout);
        Call call = m_checkout->call(passing, gate.path());
        std::optional<Error> next;
        QStringList behind;
        m_checkout->call(add, 1, 2, nullptr, [&](const Error &error) { next = error; });
        m_checkout->call(add, 1, 2, nullptr, [&](const Error &error) { behind += error.detail(); });
        WAIT_FOR(gate.isReached());
        QVERIFY(call.cancel());
        WAIT_FOR(next && !Test::isRunning(pid));
        QCOMPARE(next->code(), Error::WorkerLost);
        QCOMPARE(next->detail(), "killed, for the canceled 'passing' did not end within 0.1 s");
        QCOMPARE(behind, QStringList("worker connection suddenly died"));
        QVERIFY(m_checkout->error());
        QVERIFY(Test::pidOf(m_client->checkout()) > 0);
    }
    void aCallThatCouldNotBeEncodedCanBeCanceled()
    {
        QStringList seen;
        const auto onError = [&](const Error &error) { seen += error.message(); };
        const QVariant unsendable = QVariant::fromValue<QObject *>(this);
        QSignalSpy canceled(m_checkout.get(), &Checkout::canceled);
        Call call = m_checkout->call("echo", {unsendable}, nullptr, onError);
        QVERIFY(call.cancel() && !call.cancel());
        Call oneShot = m_client->call("echo", {unsendable}, nullptr, onError);
        QVERIFY(oneShot.cancel());
        QCOMPARE(Test::answer(m_checkout, "add", {1, 2}), QVariant(3));
        WAIT_FOR(call.isSettled() && oneShot.isSettled());
        QCOMPARE(canceled.size(), 1);
        QCOMPARE(seen, QStringList());
    }
    void cancelingAFutureCancelsItsCallAlone()
    {
        Gate gate;
        const qint64 pid = Test::pidOf(m_checkout);
        QFuture<bool> future = m_checkout->future(waitingForCancel, gate.path());
        const QFuture<int> behind = m_checkout->future(add, 1, 2);
        WAIT_FOR(gate.isReached());
        gate.open();
        std::thread([&future] { future.cancel(); }).join();
        WAIT_FOR(future.isFinished() && behind.isFinished());
        QVERIFY(future.isCanceled() && future.resultCount() == 0);
        QCOMPARE(behind.result(), 3);
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }
    void aFutureCanceledBeforeItsCallIsWrittenNeverStarts()
    {
        const WorkLog log;
        QSignalSpy canceled(m_checkout.get(), &Checkout::canceled);
        static_cast<void>(Test::pidOf(m_checkout)); // so that there is a worker, which is idle
        for (int i = 0; i < 10; ++i) {
            m_checkout->future("note", {log.path(), "at once"}).cancel();
            WAIT_COMPARE(canceled.size(), i + 1);
        }
        m_client->future("note", {log.path(), "one-shot"}).cancel(); // which has to wait for the worker
        m_checkout->release();
        const CheckoutPtr after = m_client->checkout();
        QVERIFY(Test::pidOf(after) > 0);
        QCOMPARE(log.entries(), QStringList());
    }
    void aLoopThatBecomesSlowHearsOfItsCancel()
    {
        remake({.cancelGrace = 5s});
        Gate gate;
        const qint64 pid = Test::pidOf(m_checkout);
        const Call call = m_checkout->call(slowing, gate.path());
        WAIT_FOR(gate.isReached());
        gate.open();
        QVERIFY(call.cancel());
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }
    void aTimeOutSaysThatNobodyListens()
    {
        const QTemporaryDir directory;
        const QString address = "unix:" + directory.filePath("nobody");
        Client client(address, {.timeout = 50ms});
        std::optional<Error> error;
        client.call(add, 1, 2, nullptr, [&error](const Error &e) { error = e; });
        WAIT_FOR(error.has_value());
        QCOMPARE(error->code(), Error::Timeout);
        QCOMPARE(error->detail(), QString("no server listens at " + address + ": No such file or directory"));
        QCOMPARE(client.connectionError(), QString("could not connect to " + address + ": there is no such socket"));
    }
    void eachOfManyFuturesCanBeCanceled()
    {
        constexpr int Many = 700;
        Gate gate;
        QList<QFuture<int>> futures;
        m_checkout->call(passing, gate.path());
        for (int i = 0; i < Many; ++i)
            futures += m_checkout->future(add, i, i);
        WAIT_FOR(gate.isReached());
        for (int i = 0; i < Many; i += 2)
            futures[i].cancel();
        WAIT_COMPARE(m_checkout->pendingCallCount(), 1 + Many / 2);
        gate.open();
        WAIT_FOR(std::all_of(futures.begin(), futures.end(), [](const auto &future) { return future.isFinished(); }));
        for (int i = 0; i < Many; ++i)
            QVERIFY(i % 2 == 0 ? futures[i].isCanceled() : futures[i].result() == 2 * i);
    }
    void aFutureHasAHandleToo()
    {
        Gate gate;
        Call call;
        const QFuture<bool> future = m_client->with({.call = &call}).future(waitingForCancel, gate.path());
        m_checkout->release();
        WAIT_FOR(gate.isReached());
        gate.open();
        QVERIFY(call.cancel());
        WAIT_FOR(future.isFinished());
        QVERIFY(future.isCanceled());
    }
    void cancelingInsideItsOwnHandlers()
    {
        int ticks = 0;
        Call call;
        call = m_checkout->with({})
                   .on(tick,
                       [&](int) {
                           ++ticks;
                           QVERIFY(call.cancel());
                       })
                   .call(countdown, 1000, 1, [&](int) { ticks = -1; });
        WAIT_FOR(call.isSettled());
        QCOMPARE(Test::answer(m_checkout, "add", {1, 2}), QVariant(3));
        QCOMPARE(ticks, 1);
    }
    void overJsonACancelCostsTheWorkerOfACallThatWasSent()
    {
        remake({.protocol = Protocol::Json});
        const Gate gate;
        Call running = m_checkout->call(passing, gate.path());
        Call waiting = m_checkout->call(add, 1, 2);
        WAIT_FOR(gate.isReached());
        QVERIFY(waiting.cancel());
        WAIT_FOR(waiting.isSettled());
        QVERIFY(!m_checkout->error());
        QVERIFY(running.cancel());
        WAIT_FOR(running.isSettled());
        QVERIFY(m_checkout->error());
        QCOMPARE(m_checkout->error()->code(), Error::Aborted);
        QVERIFY(Test::pidOf(m_client->checkout()) > 0);
    }
    void overJsonThereAreNoEvents()
    {
        remake({.protocol = Protocol::Json});
        int events = 0;
        int result = 0;
        m_checkout->with({}).on(tick, [&](int) { ++events; }).call(countdown, 2, 0, [&](int r) { result = r; });
        WAIT_COMPARE(result, 2);
        QCOMPARE(events, 0);
    }

private:
    static void addMakers()
    {
        QTest::addColumn<bool>("isWritten");
        QTest::newRow("in the turn in which it was made") << false;
        QTest::newRow("when its worker has it") << true;
    }
    void remake(ClientOptions options)
    {
        m_checkout.reset();
        options.minWorkers = 1;
        options.maxWorkers = options.maxWorkers == 20 ? 1 : options.maxWorkers;
        m_client = makeClient(options);
        m_checkout = m_client->checkout();
    }

    QObject m_timers; // whose end is theirs
    std::unique_ptr<Test::UnhandledErrors> m_unhandled;
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
};

PREFORK_RETOLD_MAIN(NativeCallsTest, fill)
#include "tst_native_calls.moc"
