// SPDX-License-Identifier: MIT
// Workers that die, hang or are late. Row 7, a worker that the kernel does not let be killed, would take a frozen file
// system.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/protocols.h"
#include "helpers/stopwatch.h"
#include "helpers/worklog.h"

#include <QtCore/QRandomGenerator>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;
using Test::Gate;

namespace {

std::unique_ptr<Zygote> s_patient; // both made before there is an application
std::unique_ptr<Zygote> s_impatient;

// Deaf to every signal that can be blocked.
void readForEver()
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    int ends[2];
    char byte = 0;
    [[maybe_unused]] const bool hasRead = ::pipe(ends) == 0 && ::read(ends[0], &byte, 1) == 1;
}

[[gnu::noinline]] int overflow(int depth)
{
    volatile char page[4096] = {};
    page[0] = char(depth);
    return depth < 0 ? 0 : overflow(depth + 1) + page[0];
}

struct ThrowsAtItsEnd
{
    ~ThrowsAtItsEnd() noexcept(false) { throw std::runtime_error("from a destructor"); }
};

void throwWhileUnwinding()
{
    const ThrowsAtItsEnd guard;
    throw std::runtime_error("first");
}

void fill(Interface &interface)
{
    using Arguments = const QVariantList &;
    Test::addBasics(interface);
    Test::addNoting(interface);
    interface.add("raise", [](Arguments arguments) { return ::raise(arguments.value(0).toInt()), QVariant(); });
    interface.add("passNoting",
                  [](Arguments arguments) { // notes that it goes on, so that what follows is known to be the reply
                      Gate::pass(arguments.value(1).toString());
                      Test::WorkLog::append(arguments.value(0).toString(), "going on");
                      return QVariant(QString(arguments.value(2).toInt(), 'x'));
                  });
    interface.add("_exit", [](Arguments arguments) { return ::_exit(arguments.value(0).toInt()), QVariant(); });
    interface.add("exit", [](Arguments arguments) { return std::exit(arguments.value(0).toInt()), QVariant(); });
    interface.add("throwNumber", [](Arguments) -> QVariant { throw 42; });
    interface.add("overflow", [](Arguments) { return QVariant(overflow(0)); });
    interface.add("throwTwice", [](Arguments) { return throwWhileUnwinding(), QVariant(); });
    interface.add("spin", [](Arguments) {
        static volatile bool goesOn = true;
        while (goesOn) { }
        return QVariant();
    });
    interface.add("readForEver", [](Arguments) { return readForEver(), QVariant(); });
    interface.add("stop", [](Arguments) { return ::raise(SIGSTOP), QVariant(); });
    interface.add("linger",
                  [](Arguments arguments) { return ::usleep(arguments.value(0).toUInt()), arguments.value(1); });
}

}

class FaultsWorkerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(s_patient.get(), ClientOptions{.minWorkers = 1, .maxWorkers = 1});
    }
    void cleanup() { m_client.reset(); }

    void row1_workerDiesInTheCall_data()
    {
        QTest::addColumn<int>("signal");
        QTest::addColumn<QString>("name");
        QTest::newRow("KILL") << SIGKILL << "SIGKILL";
        QTest::newRow("SEGV") << SIGSEGV << "SIGSEGV";
        QTest::newRow("ABRT") << SIGABRT << "SIGABRT";
    }
    void row1_workerDiesInTheCall()
    {
        QFETCH(int, signal);
        QFETCH(QString, name);
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = failure(checkout, "raise", {signal});
        QCOMPARE(error.code(), Error::WorkerLost);
        if (!Test::isSanitized() || signal == SIGKILL) // else the signal becomes an exit with a report
            QVERIFY2(error.detail().contains(name), qPrintable(error.detail()));
        QCOMPARE(failure(checkout, "echo"), error.withMethod("echo")); // for good
        VERIFY_SERVES_ON(*m_client, pid);
    }
    void row1_itsClientKnowsAtOnce()
    {
        std::vector<double> times;
        for (int i = 0; i < 15; ++i) {
            Gate gate;
            const CheckoutPtr checkout = m_client->checkout();
            const qint64 pid = Test::pidOf(checkout);
            Error caught;
            frameTry([&] { checkout->call("notePassing", {m_log.path(), "x", gate.path()}); },
                     [&caught](const Error &error) { caught = error; });
            QVERIFY(QTest::qWaitFor([&] { return gate.isReached(); }, int(Test::Patience.count())));
            Test::Stopwatch time;
            QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
            QVERIFY(Test::waitUntil([&] { return caught.code() != Error::NoError; }));
            times.push_back(time.stop().count());
            QCOMPARE(caught.code(), Error::WorkerLost);
        }
        const double usual = Test::median(times);
        QVERIFY2(usual < 50, qPrintable(QString::number(usual)));
    }
    void row1_workerDiesIdle()
    {
        const qint64 pid = Test::pidOf(m_client->checkout());
        WAIT_FOR(Test::isAsleep(pid));
        QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
        const Test::Outcome outcome = Test::call(m_client->checkout(), "echo", {1});
        QVERIFY(outcome.result || outcome.error->code() == Error::WorkerLost); // see CONTRIBUTING.md
        QVERIFY(outcome.result || !Test::isNative());
        VERIFY_SERVES_ON(*m_client, pid);
    }
    void row1_workerDiesBeforeItHasRead()
    {
        const qint64 pid = Test::pidOf(m_client->checkout());
        QVERIFY(Test::stop(pid));
        Test::Ledger ledger;
        ledger.call(m_client->checkout(), "note", {m_log.path(), "unread"});
        QTest::qWait(0); // the call leaves at the end of the turn
        QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
        QVERIFY(ledger.wait());
        // Natively its zygote tells that it never began.
        QCOMPARE(ledger.served(), Test::isNative() ? 1 : 0);
        QCOMPARE(ledger.failed(Error::WorkerLost), Test::isNative() ? 0 : 1);
        QCOMPARE(m_log.entries().count("unread"), Test::isNative() ? 1 : 0);
        QVERIFY(ledger.isEachSettledOnce());
        VERIFY_SERVES_ON(*m_client, pid);
    }
    void row1_workerDiesInTheMiddleOfItsReply() { dieAtReply(32 * 1024 * 1024, Error::WorkerLost); }
    void row1_workerDiesWhenItHasReplied() { dieAtReply(10, Error::NoError); }

    void row2_workerExitsOrThrows_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<int>("argument");
        QTest::addColumn<Error::Code>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("_exit(0)") << QByteArray("_exit") << 0 << Error::WorkerLost << "exited with status 0";
        QTest::newRow("exit(0)") << QByteArray("exit") << 0 << Error::WorkerLost << "exited with status 0";
        QTest::newRow("exit(3)") << QByteArray("exit") << 3 << Error::WorkerLost << "exited with status 3";
        QTest::newRow("throw 42") << QByteArray("throwNumber") << 0 << Error::WorkerError << "";
        QTest::newRow("stack overflow") << QByteArray("overflow") << 0 << Error::WorkerLost
                                        << (Test::isSanitized() ? "" : "SIGSEGV");
        QTest::newRow("throws while unwinding") << QByteArray("throwTwice") << 0 << Error::WorkerLost << "SIGABRT";
    }
    void row2_workerExitsOrThrows()
    {
        QFETCH(QByteArray, method);
        QFETCH(int, argument);
        QFETCH(Error::Code, code);
        QFETCH(QString, says);
        CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = failure(checkout, method.constData(), {argument});
        QCOMPARE(error.code(), code);
        QVERIFY2(error.detail().contains(says), qPrintable(error.detail()));
        if (code == Error::WorkerError)
            QCOMPARE(Test::pidOf(checkout), pid); // what it threw was an answer
        checkout.reset();
        VERIFY_SERVES_ON(*m_client, pid);
    }

    void row4_workerIsBusyForEver_data() { addEnds(); }
    void row4_workerIsBusyForEver() { runAway("spin"); }
    void row5_workerIsBlockedAndDeaf_data() { addEnds(); }
    void row5_workerIsBlockedAndDeaf() { runAway("readForEver"); }
    void row6_workerIsStopped_data() { addEnds(); }
    void row6_workerIsStopped() { runAway("stop"); }

    // Replies that come when time is up, or a moment sooner, or a moment later: those that come early are followed by
    // later ones.
    void row8_lateRepliesAreNobodys()
    {
        constexpr int Trials = 1200;
        constexpr int AtOnce = 4;
        Client client(s_patient.get(), {.minWorkers = 2 * AtOnce, .maxWorkers = 2 * AtOnce});
        Test::Ledger ledger;
        auto deadline = 8ms; // or what this machine needs to answer at all
        int delay = 0; // of replies, in microseconds
        for (int number = 1; number <= Trials;) {
            WAIT_FOR(client.idleWorkerCount() == 2 * AtOnce); // a fork meanwhile takes time from the calls
            const qsizetype inTime = ledger.served();
            for (int i = 0; i < AtOnce; ++i, ++number) {
                const CheckoutPtr checkout = client.checkout({.timeout = deadline});
                ledger.call(checkout, "linger", {delay + QRandomGenerator::global()->bounded(1000), number}, number);
                ledger.call(checkout, "linger", {delay + QRandomGenerator::global()->bounded(1000), -number}, -number);
            }
            QVERIFY(ledger.wait());
            if (ledger.served() - inTime > AtOnce)
                delay += 200;
            else if (delay > 0)
                delay = std::max(0, delay - 400);
            else
                deadline += 4ms;
        }
        QVERIFY(ledger.isEachSettledOnce());
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.served() > 0);
        QVERIFY(ledger.failed(Error::Timeout) > 0);
        QCOMPARE(ledger.served() + ledger.failed(Error::Timeout) + ledger.canceled(), ledger.made());
        QVERIFY(Test::pidOf(client.checkout()) > 0);
        QVERIFY(client.workerCount() <= 2 * AtOnce);
    }

private:
    // While its client does not look.
    void dieAtReply(int size, Error::Code expected)
    {
        Gate gate;
        Test::WorkLog log;
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        Test::Ledger ledger;
        ledger.call(checkout, "passNoting", {log.path(), gate.path(), size}, QString(size, 'x'));
        QVERIFY(QTest::qWaitFor([&] { return gate.isReached(); }, int(Test::Patience.count())));
        gate.open();
        QVERIFY(Test::pollUntil([&] { return !log.entries().isEmpty() && Test::isAsleep(pid); }));
        QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
        QVERIFY(Test::waitForEnd(pid, int(Test::Patience.count())));
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.failed(expected), 1);
        QCOMPARE(ledger.wrong(), 0);
        QCOMPARE(failure(checkout, "echo").code(), Error::WorkerLost);
        QVERIFY(ledger.isEachSettledOnce());
        VERIFY_SERVES_ON(*m_client, pid);
    }

    static void addEnds()
    {
        QTest::addColumn<bool>("givesUp");
        QTest::newRow("its client gives up") << true;
        QTest::newRow("its zygote gives up") << false;
    }
    static void runAway(const char *method)
    {
        QFETCH(bool, givesUp);
        Client client((givesUp ? s_patient : s_impatient).get(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
        const qint64 pid = Test::pidOf(client.checkout()); // its only worker, which must not be hurried when it begins
        const CheckoutPtr checkout = client.checkout({.timeout = givesUp ? 300ms : 0ms});
        const Error error = failure(checkout, method);
        QCOMPARE(error.code(), givesUp ? Error::Timeout : Error::WorkerLost);
        QVERIFY2(givesUp || error.detail().contains("because it hung"), qPrintable(error.detail()));
        WAIT_FOR(!Test::exists(pid));
        VERIFY_SERVES_ON(client, pid);
    }

    Test::WorkLog m_log;
    std::unique_ptr<Client> m_client;
};

int main(int argc, char *argv[])
{
    Interface interface;
    fill(interface);
    s_patient = std::make_unique<Zygote>(interface);
    s_impatient = std::make_unique<Zygote>(interface, ZygoteOptions{.hungTimeout = 1s});
    QCoreApplication app(argc, argv);
    FaultsWorkerTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto *const zygote : {&s_patient, &s_impatient})
        Test::killWorkersOf((*zygote)->processId());
    return result;
}

#include "tst_faults_worker.moc"
