// SPDX-License-Identifier: MIT
// Each system call that a server, its zygote or a worker makes fails once, with what it may plausibly fail with.
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/protocols.h"

#include <QtCore/QTemporaryDir>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <vector>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

enum Process { ServerItself, ItsZygote, AWorker };
enum When { AtStart, Running, AtEnd };

struct Failpoint
{
    const char *call;
    std::vector<int> errors;
    When when = Running;
    long argument = -1; // its command, option or number
    int nth = 1;
    const char *note = "";
};

constexpr const char *Tcp = "over TCP";
constexpr const char *PathStays = "the path stays, and the next server takes it over";

const std::vector<Failpoint> serverFailpoints = {
    {"pidfd_open", {EMFILE, ENFILE, ENOMEM}, AtStart, SYS_pidfd_open},
    {"mprotect", {ENOMEM}, AtStart},
    {"accept4", {EINTR, EAGAIN, ECONNABORTED, EPROTO, EPERM, EMFILE, ENFILE, ENOBUFS, ENOMEM}},
    {"getsockopt", {EACCES}, Running, SO_PEERCRED},
    {"poll", {EINTR, ENOMEM}},
    {"sendmsg", {EINTR, EAGAIN, ENOBUFS, ENOMEM, ETOOMANYREFS}},
    {"recvmsg", {EINTR, EAGAIN, ENOMEM}},
    {"fstatat", {ENOMEM, EACCES}},
    {"setsockopt", {EINVAL}, Running, TCP_NODELAY, 1, Tcp},
    {"getpeername", {ENOTCONN}, Running, -1, 1, Tcp},
    {"recv", {EINTR, ECONNRESET, ENOMEM}, Running, -1, 1, Tcp},
    {"read", {EINTR, EAGAIN}, AtEnd},
    {"sendmsg", {EAGAIN, ENOBUFS, ENOMEM}, AtEnd, -1, 1, "the order to leave"},
    {"recvmsg", {EINTR, ENOMEM}, AtEnd, -1, 1, "the news of a death"},
    {"openat", {EMFILE, ENFILE, ENOMEM}, AtEnd, -1, 1, PathStays},
    {"flock", {EINTR, EWOULDBLOCK}, AtEnd},
    {"flock", {ENOLCK}, AtEnd, -1, 1, PathStays},
    {"fstatat", {ENOMEM}, AtEnd, -1, 1, PathStays},
    {"unlinkat", {EROFS}, AtEnd, -1, 1, PathStays},
    {"ppoll", {EINTR, ENOMEM}, AtEnd},
    {"waitpid", {EINTR}, AtEnd},
};

const std::vector<Failpoint> zygoteFailpoints = {
    {"setsid", {EPERM}, AtStart},
    {"getrlimit", {EPERM}, AtStart, RLIMIT_NOFILE},
    {"setrlimit", {EPERM}, AtStart, RLIMIT_NOFILE},
    {"close_range", {ENOSYS, EPERM}, AtStart, SYS_close_range},
    {"sendmsg", {ENOBUFS, ENOMEM}, AtStart, -1, 1, "that it is ready"},
    {"epoll_wait", {EINTR}},
    {"recvmsg", {EINTR, EAGAIN, ENOMEM}},
    {"fork", {EAGAIN, ENOMEM}},
    {"pidfd_open", {EMFILE, ENFILE, ENOMEM}, Running, SYS_pidfd_open},
    {"epoll_ctl", {ENOMEM, ENOSPC}, Running, EPOLL_CTL_ADD, 1, "the process"},
    {"epoll_ctl", {ENOMEM, ENOSPC}, Running, EPOLL_CTL_ADD, 2, "the connection"},
    {"getsockopt", {EACCES}, Running, SO_DOMAIN},
    {"sendmsg", {EINTR, EAGAIN, ENOBUFS, ENOMEM}, Running, -1, 1, "the first death"},
    {"sendmsg", {EAGAIN, ENOBUFS, ENOMEM}, Running, -1, 3, "a later event"},
    {"waitid", {EINTR, ECHILD}},
    {"waitpid", {EINTR}},
    {"send", {EINTR, EAGAIN, EPIPE, ENOBUFS}, Running, -1, 1, "the last words"},
    {"shutdown", {ENOTCONN}},
    {"recv", {EINTR, ECONNRESET, ENOMEM}},
    {"poll", {EINTR, ENOMEM}, Running, -1, 1, "whether stderr has room"},
    {"fstat", {EACCES}, Running, -1, 1, "what stderr is"},
    {"open", {EMFILE, EACCES}, Running, -1, 1, "stderr"},
    {"fcntl", {EMFILE}, Running, F_DUPFD_CLOEXEC, 1, "stderr"},
    {"dup2", {EBUSY}, Running, -1, 1, "stderr"},
    {"dup2", {EBUSY}, Running, -1, 2, "stderr, back again"},
    {"pidfd_send_signal", {EPERM, ENOMEM}, AtEnd, SYS_pidfd_send_signal},
};

const std::vector<Failpoint> workerFailpoints = {
    {"close_range", {ENOSYS, EPERM}, Running, SYS_close_range},
    {"close_range", {ENOSYS}, Running, SYS_close_range, 2},
    {"getrlimit", {EPERM}, Running, RLIMIT_NOFILE},
    {"setrlimit", {EPERM}, Running, RLIMIT_NOFILE},
    {"fcntl", {EACCES}, Running, F_SETFL},
    {"mprotect", {ENOMEM}},
    {"mprotect", {ENOMEM}, Running, -1, 2},
    {"getsockopt", {EACCES}, Running, SO_DOMAIN},
    {"getsockopt", {EACCES}, Running, SO_SNDBUF},
    {"read", {EINTR, ECONNRESET, ENOMEM}},
    {"send", {EINTR, EPIPE, ECONNRESET, ENOBUFS, ENOMEM}},
    {"send", {EAGAIN, ENOBUFS}, Running, MSG_NOSIGNAL | MSG_DONTWAIT},
};

// Of a new server, and whatever it is: nobody else notices.
const std::vector<Failpoint> refusals = {
    {"mmap", {ENOMEM}},
    {"socketpair", {EMFILE, ENFILE, ENOBUFS}},
    {"fork", {EAGAIN, ENOMEM}},
    {"open", {EMFILE, ENFILE}},
    {"openat", {EMFILE, ENOMEM}, AtStart, -1, 1, "the first component"},
    {"fstat", {ENOMEM}},
    {"readlinkat", {ENOMEM, EIO}},
    {"flock", {ENOLCK}},
    {"fstatat", {EACCES}, AtStart, -1, 1, "what is there"},
    {"socket", {EMFILE, ENOBUFS}, AtStart, -1, 1, "the probe"},
    {"connect", {EACCES, ENOMEM}, AtStart, -1, 1, "the probe"},
    {"socket", {EMFILE, ENOBUFS}, AtStart, -1, 2},
    {"fchmod", {EPERM}},
    {"bind", {ENOSPC, EROFS, EACCES}},
    {"fchmodat", {EPERM, EROFS}},
    {"listen", {EADDRINUSE, ENOBUFS}},
    {"fstatat", {EACCES}, AtStart, -1, 2, "the new file"},
    {"renameat", {EACCES, ENOSPC, EROFS}},
};
const std::vector<Failpoint> zygoteRefusals = {
    {"epoll_create1", {EMFILE, ENFILE, ENOMEM}},
    {"epoll_ctl", {ENOMEM, ENOSPC}},
};

void addRows(Process process, const std::vector<Failpoint> &failpoints)
{
    static const char *const names[] = {"server", "zygote", "worker"};
    static const char *const times[] = {"at the start", "", "at the end"};
    for (const Failpoint &point : failpoints) {
        for (const int error : point.errors) {
            Failpoint one = point;
            one.errors = {error};
            QStringList name = {names[process], point.call, ::strerrorname_np(error), times[point.when], point.note};
            if (point.nth > 1 && *point.note == 0)
                name += "the second time";
            name.removeAll(QString());
            QTest::newRow(qPrintable(name.join(u' '))) << process << one;
        }
    }
}

// By one worker: a spare one might be forked only when everything seems over.
bool serves(const QString &address)
{
    Client client(address, {.minWorkers = 0, .maxWorkers = 1});
    return call(client.checkout(), "pid").result.has_value();
}

void addColumns()
{
    QTest::addColumn<Process>("process");
    QTest::addColumn<Failpoint>("point");
}

}

class FaultsFailpointsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (isSanitized())
            QSKIP("the sanitizers must be the first library that is loaded");
    }
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        QVERIFY(QDir(m_directory->path()).mkdir("real"));
        QVERIFY(QFile::link("real", m_directory->filePath("d")));
        m_path = m_directory->filePath("d/s.socket");
        m_trigger = m_directory->filePath("trigger");
    }

    void row64_theServerSurvives_data() { addColumns(), addRows(ServerItself, serverFailpoints); }
    void row64_theServerSurvives() { survive(); }
    void row64_theZygoteSurvives_data() { addColumns(), addRows(ItsZygote, zygoteFailpoints); }
    void row64_theZygoteSurvives() { survive(); }
    void row64_workersAreReplaced_data() { addColumns(), addRows(AWorker, workerFailpoints); }
    void row64_workersAreReplaced() { survive(); }
    void row64_whoCannotStartHarmsNobody_data()
    {
        addColumns();
        addRows(ServerItself, refusals);
        addRows(ItsZygote, zygoteRefusals);
    }
    void row64_whoCannotStartHarmsNobody();
    void aClientThatDoesNotHangUpKeepsNoZygote();

private:
    void survive();
    void serve(ServerProcess &server, Process process, const Failpoint &point);
    void end(ServerProcess &server, const Failpoint &point);

    void arm() const { QVERIFY(QFile(m_trigger).open(QIODevice::WriteOnly)); }
    [[nodiscard]] bool wasExercised() const { return !QFile::exists(m_trigger); }
    [[nodiscard]] QStringList environment(Process process, const Failpoint &point) const
    {
        const bool isByNumber = point.argument == SYS_pidfd_open || point.argument == SYS_pidfd_send_signal
            || point.argument == SYS_close_range;
        const QString plan = QString("%1 %2 %3 %4 %5")
                                 .arg(process)
                                 .arg(isByNumber ? "syscall" : point.call)
                                 .arg(point.argument)
                                 .arg(point.errors.front())
                                 .arg(point.nth);
        return {QString("LD_PRELOAD=") + SHIM_FAILPOINT, "PREFORK_FAIL=" + plan, "PREFORK_FAIL_TRIGGER=" + m_trigger};
    }
    [[nodiscard]] QStringList filesThere() const
    {
        return QDir(m_directory->filePath("real"))
            .entryList(QDir::AllEntries | QDir::Hidden | QDir::System | QDir::NoDotAndDotDot);
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_path;
    QString m_trigger;
};

void FaultsFailpointsTest::survive()
{
    QFETCH(Process, process);
    QFETCH(Failpoint, point);
    ServerProcess server;
    server.setEnvironment(environment(process, point));
    if (point.when == AtStart)
        arm();
    const QString address = point.note == Tcp ? QString("tcp://127.0.0.1:0") : "unix:" + m_path;
    QVERIFY2(server.start(ECHO_SERVER, {"--listen", address, "--shutdown-timeout", "1"}),
             qPrintable(server.errorString()));
    serve(server, process, point);
    if (!QTest::currentTestFailed())
        end(server, point);
    if (QTest::currentTestFailed())
        qWarning().noquote() << server.stderrText();
}

// A call, a crash, workers that are replaced, a client that leaves, another one that comes.
void FaultsFailpointsTest::serve(ServerProcess &server, Process process, const Failpoint &point)
{
    const qint64 zygote = childrenOf(server.pid()).value(0);
    const auto isEmpty = [zygote] { return childrenOf(zygote).isEmpty(); };
    QVERIFY(serves(server.address()));
    WAIT_FOR(isEmpty());
    const qsizetype serverDescriptors = descriptorsAtRest(server.pid());
    const qsizetype zygoteDescriptors = descriptorsAtRest(zygote);

    Ledger ledger;
    {
        Client client(server.address(), {.minWorkers = 0, .maxWorkers = 2, .timeout = 0ms});
        CheckoutPtr crashing = client.checkout();
        QVERIFY(call(crashing, "pid").result);
        if (point.when == Running)
            arm();
        QFile file(m_directory->filePath("real/news"));
        QVERIFY(file.open(QIODevice::WriteOnly) && file.remove());
        ledger.call(crashing, "crash");
        QVERIFY(ledger.wait());
        crashing.reset();
        client.recycleWorkers();
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < 4; ++i) {
            checkouts.push_back(client.checkout());
            ledger.call(checkouts.back(), "echo", {i}, i);
            if (i % 2 == 1)
                checkouts.clear();
        }
        QVERIFY(ledger.wait());
        QVERIFY(
            call(client.checkout(), "pid").result); // while it is the workers' first call to have failed, no more do
        for (const qint64 worker : childrenOf(zygote))
            WAIT_COMPARE(isRunning(worker) ? descriptorCount(worker) : 4, 4); // its own and nobody else's
    }
    QVERIFY(ledger.isEachSettledOnce());
    QCOMPARE(ledger.wrong(), 0);
    QCOMPARE(ledger.served() + ledger.failed(Error::WorkerLost), ledger.made());
    const bool isShortOfMemory = (point.call == QByteArrayView("read") || point.call == QByteArrayView("send"))
        && point.errors.front() == ENOMEM;
    const bool mayLoseAnother = !isNative() || (process == AWorker && !isShortOfMemory);
    QVERIFY(ledger.failed(Error::WorkerLost) <= (mayLoseAnother ? 2 : 1)); // the one that crashed is one
    QVERIFY(serves(server.address()));
    WAIT_FOR(isEmpty()); // of zombies too
    WAIT_COMPARE(descriptorCount(server.pid()), serverDescriptors);
    WAIT_COMPARE(descriptorCount(zygote), zygoteDescriptors);
    QVERIFY(point.note == Tcp || QFile::exists(m_path));
    QVERIFY2(point.when == AtEnd || wasExercised(), "this call was not made");
}

void FaultsFailpointsTest::end(ServerProcess &server, const Failpoint &point)
{
    const qint64 zygote = childrenOf(server.pid()).value(0);
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
    const qint64 worker = pidOf(client.checkout());
    QVERIFY(worker > 0);
    if (point.when == AtEnd)
        arm();
    server.sendSignal(SIGTERM);
    WAIT_FOR(!server.isRunning()); // its client hangs up meanwhile
    QCOMPARE(server.waitForEnd(), 0);
    QVERIFY2(wasExercised(), "this call was not made");
    WAIT_FOR(!exists(worker));
    WAIT_FOR(!isRunning(zygote)); // reaped by whoever reaps orphans
    QCOMPARE(filesThere().isEmpty(), point.note != PathStays);
    ServerProcess next;
    QVERIFY2(next.start(ECHO_SERVER, {"--listen", "unix:" + m_path}), qPrintable(next.errorString()));
    QVERIFY(serves(next.address()));
}

void FaultsFailpointsTest::row64_whoCannotStartHarmsNobody()
{
    QFETCH(Process, process);
    QFETCH(Failpoint, point);
    ServerProcess old;
    QVERIFY2(old.start(ECHO_SERVER, {"--listen", "unix:" + m_path}), qPrintable(old.errorString()));
    arm();
    const Ended ended
        = runProgram(ECHO_SERVER, {"--listen", "unix:" + m_path, "--replace"}, environment(process, point));
    QVERIFY2(wasExercised(), "this call was not made");
    QCOMPARE(ended.exitCode, 2);
    QVERIFY2(ended.errors.contains(QString::fromLocal8Bit(::strerror(point.errors.front()))), qPrintable(ended.errors));
    QCOMPARE(filesThere(), QStringList("s.socket"));
    QVERIFY(serves(old.address()));
    QCOMPARE(old.terminate(), 0);
}

void FaultsFailpointsTest::aClientThatDoesNotHangUpKeepsNoZygote()
{
    ServerProcess server;
    QVERIFY2(server.start(ECHO_SERVER, {"--listen", "unix:" + m_path}), qPrintable(server.errorString()));
    const qint64 zygote = childrenOf(server.pid()).value(0);
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
    QVERIFY(pidOf(client.checkout()) > 0);
    QCOMPARE(server.terminate(), 0); // which does not turn the event loop
    QVERIFY(waitForEnd(zygote, int(Patience.count())));
}

QTEST_GUILESS_MAIN(FaultsFailpointsTest)
#include "tst_faults_failpoints.moc"
