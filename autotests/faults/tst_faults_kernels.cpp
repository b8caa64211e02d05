// SPDX-License-Identifier: MIT
// Kernels, filters and tools that do not let a process do what usual ones do.
#include "helpers/faults.h"

#include <QtCore/QStandardPaths>
#include <QtCore/QTemporaryDir>

#include <cerrno>
#include <cstring>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

using Calls = QList<long>;

// What is younger than twenty years, or made by the C library with something that is.
struct Refusal
{
    const char *name;
    Calls calls;
};
const std::vector<Refusal> survived = {
    {"pidfd_open", {SYS_pidfd_open}},
    {"pidfd_send_signal", {SYS_pidfd_send_signal}},
    {"pidfds, and epoll_pwait2", {SYS_pidfd_open, SYS_pidfd_send_signal, SYS_epoll_pwait2}}, // as valgrind
    {"waitid", {SYS_waitid}},
    {"waitid and pidfd_open", {SYS_waitid, SYS_pidfd_open}},
    {"close_range", {SYS_close_range}},
    {"epoll_create1", {SYS_epoll_create1}},
    {"epoll_ctl", {SYS_epoll_ctl}},
#ifdef SYS_epoll_wait
    {"epoll_wait", {SYS_epoll_wait, SYS_epoll_pwait, SYS_epoll_pwait2}},
#endif
    {"accept4", {SYS_accept4}},
    {"pipe2", {SYS_pipe2}},
    {"ppoll", {SYS_ppoll}},
#ifdef SYS_poll
    {"poll", {SYS_poll}},
#endif
    {"prlimit64", {SYS_prlimit64}},
    {"memfd_create, getrandom, dup3, eventfd2 and inotify_init1",
     {SYS_memfd_create, SYS_getrandom, SYS_dup3, SYS_eventfd2, SYS_inotify_init1}},
    {"setsid", {SYS_setsid}},
    {"sendto", {SYS_sendto}},
    {"recvfrom", {SYS_recvfrom}},
    {"wait4", {SYS_wait4}},
    {"kill", {SYS_kill}},
    {"getdents64 and close_range", {SYS_getdents64, SYS_close_range}},
};

// What event loops wait with.
#ifdef SYS_poll
const Calls polling{SYS_poll, SYS_ppoll};
#else
const Calls polling{SYS_ppoll};
#endif

QStringList refusing(const Calls &calls, int error)
{
    QStringList numbers;
    for (const long call : calls)
        numbers.append(QString::number(call));
    return {QString::number(error), numbers.join(u',')};
}

// A worker that @p signal has ended while another process traces it, who does not take notice.
pid_t traceAndForget(pid_t worker)
{
    int ends[2];
    if (::pipe(ends) != 0)
        return -1;
    const pid_t tracer = ::fork();
    if (tracer == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // it outlives no test that is given up
        const bool isTracing = ::ptrace(PTRACE_SEIZE, worker, nullptr, nullptr) == 0;
        [[maybe_unused]] const ssize_t written = ::write(ends[1], isTracing ? "y" : "n", 1);
        for (;;)
            ::pause();
    }
    char answer = 'n';
    [[maybe_unused]] const ssize_t got = ::read(ends[0], &answer, 1);
    ::close(ends[0]);
    ::close(ends[1]);
    if (answer == 'y')
        return tracer;
    ::kill(tracer, SIGKILL);
    ::waitpid(tracer, nullptr, 0);
    return -1;
}

}

class FaultsKernelsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_path = m_directory->filePath("s.socket");
    }
    void row65_refusedForGood_data()
    {
        QTest::addColumn<Calls>("calls");
        QTest::addColumn<int>("error");
        for (const Refusal &refusal : survived) {
            for (const int error : {EPERM, ENOSYS})
                QTest::addRow("%s %s", refusal.name, ::strerrorname_np(error)) << refusal.calls << error;
        }
    }
    void row65_refusedForGood();
    void row65_whoCannotDoWithoutSaysSo_data()
    {
        QTest::addColumn<Calls>("calls");
        QTest::newRow("prctl") << Calls{SYS_prctl};
        QTest::newRow("socketpair") << Calls{SYS_socketpair};
        QTest::newRow("renameat") << Calls{SYS_renameat, SYS_renameat2, SYS_rename};
        QTest::newRow("sendmsg") << Calls{SYS_sendmsg};
        QTest::newRow("recvmsg") << Calls{SYS_recvmsg};
        QTest::newRow("fcntl") << Calls{SYS_fcntl};
        QTest::newRow("getsockopt") << Calls{SYS_getsockopt};
        QTest::newRow("getsockname") << Calls{SYS_getsockname};
        QTest::newRow("rt_sigaction") << Calls{SYS_rt_sigaction};
        QTest::newRow("wait4 and waitid") << Calls{SYS_wait4, SYS_waitid};
        QTest::newRow("kill and pidfd_send_signal") << Calls{SYS_kill, SYS_pidfd_send_signal};
#ifdef SYS_fork
        QTest::newRow("fork") << Calls{SYS_clone, SYS_clone3, SYS_fork, SYS_vfork};
#endif
    }
    void row65_whoCannotDoWithoutSaysSo();
    void row65_anEventLoopThatHearsNothingSaysSo_data();
    void row65_anEventLoopThatHearsNothingSaysSo();
    void row67_aTracedWorkerIsKilled_data()
    {
        QTest::addColumn<QStringList>("before");
        QTest::newRow("as usual") << QStringList();
        QTest::newRow("without pidfds") << QStringList{REFUSE_CALLS}
                + refusing({SYS_pidfd_open, SYS_pidfd_send_signal}, EPERM);
    }
    void row67_aTracedWorkerIsKilled();
    void underValgrind_data()
    {
        QTest::addColumn<bool>("isServed");
        QTest::newRow("embedded") << false;
        QTest::newRow("served") << true;
    }
    void underValgrind();

private:
    static bool qtsEventLoopTurns(const Calls &calls, int error, const QStringList &environment = {});
    void serveAndEnd(ServerProcess &server);
    void saysWhyItDoesNotListen(const QStringList &refusal, const QString &address, int error,
                                const QStringList &environment);

    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_path;
};

// Calls, a crash, one that hangs, a client that leaves; then the server is asked to end.
void FaultsKernelsTest::serveAndEnd(ServerProcess &server)
{
    const qint64 zygote = childrenOf(server.pid()).value(0);
    QVERIFY(zygote > 0);
    {
        Client client(server.address(), {.minWorkers = 0, .maxWorkers = 2, .timeout = 0ms});
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
        QCOMPARE(failure(client.checkout(), "crash").detail(), "the worker was killed by SIGSEGV");
        const Error hung = failure(client.checkout(), "spin", {600000});
        QCOMPARE(hung.code(), Error::WorkerLost);
        QCOMPARE(answer(client.checkout(), "echo", {2}), QVariant(2));
        for (const qint64 worker : childrenOf(zygote))
            WAIT_COMPARE(isRunning(worker) ? descriptorCount(worker) : 4, 4); // its own and nobody else's
    }
    WAIT_FOR(childrenOf(zygote).isEmpty()); // of zombies too
    QVERIFY(pollUntil([zygote] { return isAsleep(zygote); }));
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
    QVERIFY(pidOf(client.checkout()) > 0);
    QCOMPARE(server.terminate(), 0);
    WAIT_FOR(!isRunning(zygote));
}

// Without anything of ours; GLib waits with poll() in Debian 12 and with ppoll() in Debian 13, Qt without it with the
// latter.
bool FaultsKernelsTest::qtsEventLoopTurns(const Calls &calls, int error, const QStringList &environment)
{
    const QStringList turn{QCoreApplication::applicationFilePath(), "--turn"};
    const Ended ended = runProgram(REFUSE_CALLS, refusing(calls, error) + turn, environment);
    return ended.exitCode == 0 && ended.errors.isEmpty();
}

void FaultsKernelsTest::row65_refusedForGood()
{
    QFETCH(Calls, calls);
    QFETCH(int, error);
    if (isSanitized() && (calls.contains(SYS_pipe2) || calls.contains(SYS_prlimit64)))
        QSKIP("the sanitizers cannot do without it themselves");
    const bool isWaitedWith = std::any_of(calls.begin(), calls.end(), [](long call) { return polling.contains(call); });
    if (isWaitedWith && !qtsEventLoopTurns(calls, error))
        QSKIP("event loops of Qt or GLib need it here, so that no program of Qt's can do without");
    ServerProcess server;
    const QStringList command{ECHO_SERVER,          "--listen", "unix:" + m_path, "--hung-timeout", "0.3",
                              "--shutdown-timeout", "0.2"};
    QVERIFY2(server.start(REFUSE_CALLS, refusing(calls, error) + command), qPrintable(server.errorString()));
    serveAndEnd(server);
    if (QTest::currentTestFailed())
        qWarning().noquote() << server.stderrText();
}

void FaultsKernelsTest::row65_whoCannotDoWithoutSaysSo()
{
    QFETCH(Calls, calls);
    if (isSanitized() && calls.contains(SYS_rt_sigaction))
        QSKIP("the sanitizers cannot do without it themselves");
    QStringList addresses{"unix:" + m_path};
    if (calls.contains(SYS_getsockname))
        addresses.append("tcp://127.0.0.1:0");
    for (const QString &address : addresses) {
        for (const int error : {EPERM, ENOSYS})
            saysWhyItDoesNotListen(refusing(calls, error), address, error, {});
    }
}

void FaultsKernelsTest::saysWhyItDoesNotListen(const QStringList &refusal, const QString &address, int error,
                                               const QStringList &environment)
{
    const Ended ended = runProgram(REFUSE_CALLS, refusal + QStringList{ECHO_SERVER, "--listen", address}, environment);
    QCOMPARE(ended.exitCode, 2);
    QVERIFY2(!ended.output.contains("listening on"), qPrintable(ended.output));
    QVERIFY2(ended.errors.contains(QString::fromLocal8Bit(::strerror(error))), qPrintable(ended.errors));
    QVERIFY(!QFile::exists(m_path));
}

void FaultsKernelsTest::row65_anEventLoopThatHearsNothingSaysSo_data()
{
    QTest::addColumn<Calls>("calls");
    QTest::addColumn<QStringList>("environment");
    for (const char *const variable : {"QT_NO_GLIB=", "QT_NO_GLIB=1"}) {
        for (const long call : polling)
            QTest::addRow("%s, %s", call == SYS_ppoll ? "ppoll" : "poll", variable)
                << Calls{call} << QStringList(variable);
        QTest::addRow("all, %s", variable) << polling << QStringList(variable);
    }
}

// A server of which nobody would ever get an answer. Which call its event loop waits with is for Qt and GLib to choose.
void FaultsKernelsTest::row65_anEventLoopThatHearsNothingSaysSo()
{
    QFETCH(Calls, calls);
    QFETCH(QStringList, environment);
    for (const int error : {EPERM, ENOSYS}) {
        if (qtsEventLoopTurns(calls, error, environment))
            QSKIP("event loops of this kind do without it here");
        saysWhyItDoesNotListen(refusing(calls, error), "unix:" + m_path, error, environment);
    }
}

void FaultsKernelsTest::row67_aTracedWorkerIsKilled()
{
    if (isSanitized())
        QSKIP("the sanitizers trace processes themselves");
    QFETCH(QStringList, before);
    ServerProcess server;
    const QStringList command
        = before + QStringList{ECHO_SERVER, "--listen", "unix:" + m_path, "--shutdown-timeout", "0.2"};
    QVERIFY2(server.start(command.first(), command.sliced(1)), qPrintable(server.errorString()));
    const qint64 zygote = childrenOf(server.pid()).value(0);
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1, .timeout = 0ms});
    const CheckoutPtr checkout = client.checkout();
    const qint64 worker = pidOf(checkout);
    const pid_t tracer = traceAndForget(pid_t(worker));
    if (tracer < 0)
        QSKIP("this process may not trace others here");
    std::optional<Error> error;
    frameTry([&] { checkout->call("sleep", {600000}); }, [&error](const Error &caught) { error = caught; });
    QTest::qWait(0);
    ::kill(pid_t(worker), SIGKILL);
    WAIT_FOR(error.has_value());
    QCOMPARE(error->code(), Error::WorkerLost);
    QCOMPARE(pidOf(client.checkout()) > 0, true);
    QVERIFY(pollUntil([zygote] { return isAsleep(zygote); }));
    const qint64 ticks = processorTicks(zygote);
    QTest::qWait(500);
    QVERIFY(processorTicks(zygote) - ticks < 25); // it does not turn in circles
    QVERIFY(exists(worker));
    ::kill(tracer, SIGKILL);
    ::waitpid(tracer, nullptr, 0);
    WAIT_FOR(!exists(worker)); // and once it can be, it is reaped
    QCOMPARE(server.terminate(), 0);
}

void FaultsKernelsTest::underValgrind()
{
    QFETCH(bool, isServed);
    const QString valgrind = QStandardPaths::findExecutable("valgrind");
    if (valgrind.isEmpty() || isSanitized())
        QSKIP("there is no valgrind here, or a sanitizer in its place");
    const QStringList options{"-q", "--error-exitcode=99", "--trace-children=no"};
    if (!isServed) {
        const Ended ended = runProgram(valgrind, options + QStringList{HELLO});
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
        QVERIFY2(ended.errors.contains("7 * 7 = 49"), qPrintable(ended.errors));
        return;
    }
    ServerProcess server;
    const QStringList command{ECHO_SERVER,          "--listen", "unix:" + m_path, "--hung-timeout", "5",
                              "--shutdown-timeout", "0.2"};
    QVERIFY2(server.start(valgrind, options + command), qPrintable(server.errorString()));
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 2, .timeout = 0ms});
    QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    QCOMPARE(failure(client.checkout(), "exit", {7}).detail(), "the worker exited with status 7");
    QCOMPARE(failure(client.checkout(), "spin", {600000}).code(), Error::WorkerLost);
    QCOMPARE(answer(client.checkout(), "echo", {2}), QVariant(2));
    const int exitCode = server.terminate();
    QVERIFY2(exitCode == 0, qPrintable(QString::number(exitCode) + server.stderrText()));
}

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    if (argc == 2 && std::strcmp(argv[1], "--turn") == 0) {
        QTimer::singleShot(50ms, &app, &QCoreApplication::quit);
        return QCoreApplication::exec();
    }
    // What is refused to a program is refused to LeakSanitizer in it, too, which would stop it at its end, for ever.
    qputenv("ASAN_OPTIONS", qgetenv("ASAN_OPTIONS") + ":detect_leaks=0");
    FaultsKernelsTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_faults_kernels.moc"
