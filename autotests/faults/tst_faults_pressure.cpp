// SPDX-License-Identifier: MIT
// Readers that are slow, an event loop that is blocked, and more checkouts than can be served.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/gate.h"
#include "helpers/ledger.h"
#include "helpers/nativebytes.h"
#include "helpers/protocols.h"
#include "helpers/rawsocket.h"
#include "helpers/stopwatch.h"

#include <QtPrefork/Server>

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtCore/QThread>

#include <array>
#include <cmath>
#include <ctime>
#include <malloc.h>
#include <sys/ioctl.h>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

void fill(Interface &interface)
{
    addBasics(interface);
    interface.add("large", [](const QVariantList &) { return QVariant(QString(2 * 1024 * 1024, 'x')); });
    interface.add("text",
                  [](const QVariantList &arguments) { return QVariant(QString(arguments.value(0).toInt(), 'x')); });
    interface.add(
        "list", [](const QVariantList &arguments) { return QVariant(QVariantList(arguments.value(0).toInt(), 1000)); });
    interface.add("size", [](const QVariantList &arguments) { return QVariant(arguments.value(0).toString().size()); });
    interface.add("pass", [](const QVariantList &arguments) {
        return Gate::pass(arguments.value(0).toString()), arguments.value(1);
    });
}

constexpr qint64 MiB = 1024 * 1024;

// What a process has for itself; of our own, what the C library has given out and not got back.
qint64 memory(qint64 pid)
{
    if (pid == ::getpid()) {
        const auto info = ::mallinfo2();
        return qint64(info.uordblks + info.hblkhd);
    }
    return statusOf(pid, "RssAnon").chopped(3).toLongLong() * 1024;
}

std::chrono::nanoseconds processorTime()
{
    timespec time{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}

class FaultsPressureTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // Writing the reply belongs to the call: who cannot get rid of it hangs.
    void row30_clientStopsReading()
    {
        QTemporaryDir directory;
        Server server(zygote());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        Client other(server.address(), {.minWorkers = 1, .maxWorkers = 1});
        const qint64 sibling = pidOf(other.checkout());
        const int slow
            = Test::connectTo(Test::socketAddress(QFile::encodeName(directory.filePath("socket"))), SOCK_NONBLOCK);
        const auto hangUp = qScopeGuard([slow] { ::close(slow); });
        const QByteArray greeting = hello(map({text("version"), "\x01", text("limit"), longHead(0, 1 << 30)}));
        const QByteArray call = isNative()
            ? greeting + packet(CallKind, bigEndian(0) + array({map({}), text("large")}), 1)
            : QByteArray(R"(["do",{},"large"])");
        QCOMPARE(::write(slow, call.constData(), std::size_t(call.size())), ssize_t(call.size()));
        int waiting = 0; // of its reply, of which the kernel takes no more
        WAIT_FOR(::ioctl(slow, FIONREAD, &waiting) == 0 && waiting > 10000);
        const qint64 pid = otherChildOf(zygote()->processId(), sibling);
        QVERIFY(pid > 0);
        int calls = 0;
        while (exists(pid)) {
            QCOMPARE(pidOf(other.checkout()), sibling); // which nothing disturbs
            ++calls;
        }
        QVERIFY(calls > 10);
        QCOMPARE(pidOf(other.checkout()), sibling);
    }

    void row33_replyBeatsTimeout_data()
    {
        QTest::addColumn<bool>("timersFirst");
        QTest::newRow("in any order") << false;
        QTest::newRow("timers come first") << true;
    }
    void row33_replyBeatsTimeout()
    {
        QFETCH(bool, timersFirst);
        constexpr int Count = 4;
        std::array<Gate, Count> gates;
        Client client(zygote(), {.minWorkers = Count, .maxWorkers = Count, .timeout = 3s});
        Ledger ledger;
        std::vector<CheckoutPtr> checkouts;
        WAIT_COMPARE(client.idleWorkerCount(), Count);
        for (const Gate &gate : gates) {
            checkouts.push_back(client.checkout());
            ledger.call(checkouts.back(), "pass", {gate.path(), 1}, 1);
            ledger.call(checkouts.back(), "echo", {2}, 2);
        }
        for (const Gate &gate : gates)
            QVERIFY(QTest::qWaitFor([&gate] { return gate.isReached(); }, int(Patience.count())));
        for (Gate &gate : gates)
            gate.open();
        QThread::sleep(5); // the fault: something in the program takes too long
        bool haveTimersRun = false;
        const QObject here; // the timer may be due after all this is over, and must not run then
        QTimer::singleShot(1, &here, [&haveTimersRun] { haveTimersRun = true; });
        while (timersFirst && !haveTimersRun)
            QCoreApplication::processEvents(QEventLoop::ExcludeSocketNotifiers);
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.served(), 2 * Count);
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.isEachSettledOnce());
    }

    void row34_tenThousandTimeouts()
    {
        constexpr int Count = 10000;
        Client client("unix:/nowhere/at-all");
        std::vector<CheckoutPtr> checkouts;
        std::vector<int> settled(Count);
        using Clock = Stopwatch::Clock;
        std::vector<std::pair<Clock::time_point, Clock::time_point>> late; // of those due well after all had been made
        Clock::time_point begin = Clock::time_point::max();
        int total = 0;
        QObject context;
        for (int i = 0; i < Count; ++i) {
            const int timeout = int(std::exp(double(i * 7919 % Count) / Count * std::log(60000.0))); // 1 ms to 60 s
            checkouts.push_back(client.checkout({.timeout = std::chrono::milliseconds(timeout)}));
            const Clock::time_point due = Clock::now() + std::chrono::milliseconds(timeout);
            connect(checkouts.back().get(), &Checkout::errored, &context, [&, i, due](CallId, const Error &error) {
                ++settled[std::size_t(i)];
                ++total;
                if (error.code() == Error::Timeout && due > begin)
                    late.emplace_back(due, Clock::now());
            });
            checkouts.back()->call("pid");
        }
        QCOMPARE(client.waitingCheckoutCount(), Count);
        WAIT_FOR(total > 0); // those whose time was over first
        begin = Clock::now() + 500ms;
        Stopwatch time;
        QTest::qWait(2500); // which is what is measured
        time.stop();
        std::vector<double> lateness;
        for (const auto &[due, end] : late)
            lateness.push_back(time.between(due, end).count());
        QVERIFY(!lateness.empty());
        const double usual = median(lateness);
        const double most = isSanitized() ? 200 : 20; // to settle one takes many times as long then, and others wait
        qInfo("%g ms late", usual);
        QVERIFY2(usual >= 0 && usual <= most, qPrintable(QString::number(usual)));
        const auto before = processorTime();
        for (const CheckoutPtr &checkout : checkouts)
            checkout->abort();
        const auto after = processorTime();
        QVERIFY(waitUntil([&] { return total >= Count; }));
        QVERIFY(std::all_of(settled.begin(), settled.end(), [](int times) { return times == 1; }));
        QCOMPARE(client.waitingCheckoutCount(), 0);
        const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(after - before);
        QVERIFY2(isSanitized() || spent < 50ms, qPrintable(QString::number(spent.count())));
    }

    // A megabyte or four wait all the time, behind a worker that is slower than its client.
    void row82_aBufferThatIsNeverEmpty()
    {
        if (!isNative())
            QSKIP("there is one call at a time");
        if (isSanitized())
            QSKIP("the sanitizer keeps what was freed");
        constexpr int InFlight = 4000;
        constexpr int Calls = 60000;
        Client client(zygote(),
                      {.minWorkers = 1, .maxWorkers = 1, .maxInFlight = InFlight, .maxInFlightBytes = 64 * MiB});
        const CheckoutPtr checkout = client.checkout();
        const QString kilobyte(1000, 'x');
        int made = 0;
        int settled = 0;
        qint64 before = 0;
        std::function<void(const QVariant &)> next = [&](const QVariant &) {
            if (++settled == 2 * InFlight)
                before = memory(::getpid());
            if (made++ < Calls)
                checkout->call("size", {kilobyte}, next);
        };
        while (made < InFlight && ++made)
            checkout->call("size", {kilobyte}, next);
        WAIT_FOR(settled >= Calls - InFlight);
        const qint64 growth = memory(::getpid()) - before;
        QVERIFY(checkout->waitForSettled(Patience));
        QVERIFY2(growth < 12 * MiB, qPrintable(QString::number(growth)));
    }
    void row82_memoryOfLargeMessagesIsGivenBack_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("size");
        QTest::newRow("text") << QByteArray("text") << 40 * int(MiB);
        QTest::newRow("shorter text") << QByteArray("text") << 3 * int(MiB);
        QTest::newRow("list") << QByteArray("list") << int(MiB);
        QTest::newRow("argument") << QByteArray("size") << 40 * int(MiB);
        QTest::newRow("shorter argument") << QByteArray("size") << 3 * int(MiB);
        QTest::newRow("too long a text") << QByteArray("text") << 70 * int(MiB);
    }
    void row82_memoryOfLargeMessagesIsGivenBack()
    {
        if (isSanitized())
            QSKIP("the sanitizer keeps what was freed");
        QFETCH(QByteArray, method);
        QFETCH(int, size);
        const auto argument = [&] { return method == "size" ? QVariant(QString(size, 'x')) : QVariant(size); };
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = Patience, .reuseAfterError = true});
        const qint64 pid = pidOf(client.checkout());
        const auto callAgain = [&](int large, int small) {
            for (int i = 0; i < large; ++i)
                static_cast<void>(Test::call(client.checkout(), QString::fromLatin1(method), {argument()}));
            for (int i = 0; i < small; ++i)
                QCOMPARE(pidOf(client.checkout()), pid);
        };
        const auto mapped = [&] { return std::array{memory(pid), memory(::getpid())}; };
        const auto isAbout = [](const std::array<qint64, 2> &now, const std::array<qint64, 2> &before) {
            if (now[0] < before[0] + 2 * MiB && now[1] < before[1] + MiB)
                return true;
            qWarning("worker %lld kB more, client %lld kB more", (now[0] - before[0]) / 1024,
                     (now[1] - before[1]) / 1024);
            return false;
        };
        callAgain(0, 3);
        const auto before = mapped();
        callAgain(1, 1);
        QVERIFY(isAbout(mapped(), before));
        callAgain(4, 24); // it was usual for a while
        QVERIFY(isAbout(mapped(), before));
    }

    void row35_queueIsFull()
    {
        QTemporaryDir directory;
        const QString address = "unix:" + directory.filePath("socket");
        Client client(address, {.minWorkers = 0, .maxQueued = 100});
        Ledger ledger;
        QElapsedTimer clock;
        clock.start();
        for (int i = 0; i < 1000; ++i)
            ledger.call(client.checkout(), "echo", {i}, i);
        QCOMPARE(client.waitingCheckoutCount(), 100);
        QVERIFY(waitUntil([&] { return ledger.settled() >= 900; }));
        QCOMPARE(ledger.failed(Error::QueueFull), 900);
        QCOMPARE(ledger.settled(), 900);
        Server server(zygote());
        QVERIFY(server.listen(address));
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.served(), 100);
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.isEachSettledOnce());
    }

private:
    static qint64 otherChildOf(qint64 parent, qint64 sibling)
    {
        const QList<qint64> children = childrenOf(parent);
        const auto found
            = std::find_if(children.begin(), children.end(), [sibling](qint64 child) { return child != sibling; });
        return found == children.end() ? 0 : *found;
    }
};

int main(int argc, char *argv[])
{
    qputenv("QT_NO_GLIB", "1"); // whose event dispatcher reads sockets first even if it is told not to
    return runWithZygote<FaultsPressureTest>(argc, argv, fill, {.hungTimeout = 10s});
}

#include "tst_faults_pressure.moc"
