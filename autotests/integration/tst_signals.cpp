// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>

#include <QtCore/QTemporaryDir>

#include <csignal>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

QTemporaryDir s_directory; // of the program: no worker may remove it

void mark(const char *how)
{
    QFile file(s_directory.filePath(how));
    static_cast<void>(file.open(QIODevice::WriteOnly));
}

constexpr quint64 bit(int signal)
{
    return Q_UINT64_C(1) << (signal - 1);
}

// What a program may do to its signals before there is a zygote.
void mistreatSignals()
{
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGHUP})
        std::signal(signal, SIG_IGN);
    for (const int signal : {SIGUSR1, SIGALRM, SIGSEGV})
        std::signal(signal, [](int) { });
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
}

void treatSignalsWell()
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int signal : {SIGINT, SIGTERM, SIGCHLD, SIGHUP, SIGUSR1, SIGALRM, SIGSEGV})
        std::signal(signal, SIG_DFL);
}

void fill(Interface &interface)
{
    std::atexit([] { mark("atexit"); });
    std::at_quick_exit([] { mark("at_quick_exit"); });
    Test::addBasics(interface);
    interface.add("status", [](const QVariantList &arguments) {
        return QVariant(Test::statusOf(::getpid(), arguments.value(0).toByteArray()));
    });
    interface.add("exit", [](const QVariantList &) { return std::exit(7), QVariant(); });
    interface.add("quick_exit", [](const QVariantList &) { return std::quick_exit(8), QVariant(); });
    interface.add("abort", [](const QVariantList &) { return std::abort(), QVariant(); });
    interface.add("terminate", [](const QVariantList &) { return std::terminate(), QVariant(); });
    mistreatSignals();
}

}

class SignalsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { treatSignalsWell(); }

    void aWorkersSignalsAreAsInAFreshProcess_data()
    {
        QTest::addColumn<QByteArray>("key");
        QTest::addColumn<quint64>("signalSet");
        QTest::newRow("none is blocked") << QByteArray("SigBlk") << Q_UINT64_C(0);
        QTest::newRow("none is ignored") << QByteArray("SigIgn") << Q_UINT64_C(0);
        QTest::newRow("SIGPIPE is caught, and what asks it to leave")
            << QByteArray("SigCgt") << (bit(SIGPIPE) | bit(SIGTERM) | bit(SIGHUP));
    }
    void aWorkersSignalsAreAsInAFreshProcess()
    {
        QFETCH(QByteArray, key);
        QFETCH(quint64, signalSet);
        Client client(Test::zygote());
        const QByteArray text = answer(client.checkout(), "status", {key}).toByteArray();
        bool isNumber = false;
        constexpr quint64 ForPrograms
            = ~(Q_UINT64_C(3) << 31); // the C library catches others when there is a thread, as ThreadSanitizer's
        QCOMPARE(text.toULongLong(&isNumber, 16) & ForPrograms, signalSet);
        QVERIFY2(isNumber, text.constData());
        // The zygote blocks its signals for a moment whenever it forks, so that this waits until it has forked.
        const auto ofZygote = [&key] {
            return Test::statusOf(Test::zygote()->processId(), key).toULongLong(nullptr, 16) & ForPrograms;
        };
        WAIT_COMPARE(ofZygote(), signalSet & ~bit(SIGHUP));
    }
    void anInterruptOfTheServersGroupIsNotForWorkers()
    {
        QTemporaryDir directory;
        Test::ServerProcess server; // with a process group of its own, as a shell would give it
        QVERIFY(server.start("setsid", {ECHO_SERVER, "--listen", "unix:" + directory.filePath("socket")}));
        QCOMPARE(::getpgid(pid_t(server.pid())), pid_t(server.pid()));
        Client client(server.address(), {.minWorkers = 1});
        CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        QCOMPARE(::killpg(pid_t(server.pid()), SIGINT), 0);
        WAIT_FOR(!QFile::exists(directory.filePath("socket")));
        QCOMPARE(Test::pidOf(checkout), pid);
        checkout.reset();
        QCOMPARE(server.waitForEnd(), 0);
    }

    void howeverAWorkerEndsTheProgramsHandlersDoNotRun_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("detail");
        QTest::newRow("exit") << "exit"
                              << "exited with status 7";
        QTest::newRow("quick_exit") << "quick_exit"
                                    << "exited with status";
        QTest::newRow("abort") << "abort"
                               << "was killed by SIGABRT";
        QTest::newRow("terminate") << "terminate"
                                   << "was killed by SIGABRT";
    }
    void howeverAWorkerEndsTheProgramsHandlersDoNotRun()
    {
        QFETCH(QString, method);
        QFETCH(QString, detail);
        mark("here");
        Client client(Test::zygote());
        const Error error = failure(client.checkout(), method);
        QCOMPARE(error.code(), Error::WorkerLost);
        QVERIFY2(error.detail().contains(detail), qPrintable(error.detail()));
        QCOMPARE(QDir(s_directory.path()).entryList(QDir::Files), QStringList("here"));
    }
};

PREFORK_TEST_MAIN(SignalsTest, fill)
#include "tst_signals.moc"
