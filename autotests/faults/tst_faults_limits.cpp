// SPDX-License-Identifier: MIT
// Workers that try to break out of ZygoteOptions::limits.
#include "helpers/answers.h"
#include "helpers/breakouts.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>

#include <QtCore/QTemporaryDir>
#include <QtCore/QTemporaryFile>

#include <map>
#include <pthread.h>
#include <sys/stat.h>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;

namespace {

constexpr quint32 Nobody = 65534;
constexpr qint64 Megabyte = 1024 * 1024;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool MapsTerabytes = true;
#else
constexpr bool MapsTerabytes = false;
#endif

std::map<QByteArray, std::unique_ptr<Zygote>> s_zygotes; // by name

bool isRoot()
{
    return ::geteuid() == 0;
}

// What a program without privileges would have: root may raise any limit again.
WorkerLimits unprivileged(WorkerLimits limits)
{
    if (isRoot())
        limits.userId = limits.groupId = Nobody;
    return limits;
}

Zygote *named(const QByteArray &name)
{
    return s_zygotes.at(name).get();
}

int s_forks = 0;

// The first child of the zygote, which tries the limits, finds all well, and no further one does.
void spoilLimitsAfterTheTrial()
{
    ::pthread_atfork([] { ++s_forks; }, nullptr,
                     [] {
                         if (s_forks == 1)
                             return;
                         const rlimit low{4096, 4096};
                         ::setrlimit(RLIMIT_FSIZE, &low);
                         [[maybe_unused]] const int result = ::setresuid(Nobody, Nobody, Nobody);
                     });
}

void makeZygotes()
{
    static Interface interface;
    Test::addBasics(interface);
    Test::addBreakouts(interface);
    const auto make = [](const char *name, const WorkerLimits &limits) {
        s_zygotes[name] = std::make_unique<Zygote>(interface, ZygoteOptions{.limits = limits});
    };
    make("none", {});
    make(
        "all",
        unprivileged(
            {.cpuTime = 100s, .openFiles = 40, .coreSize = 0, .fileSize = Megabyte, .nice = 7, .oomScoreAdjust = 300}));
    make("space", unprivileged({.addressSpace = 512 * Megabyte}));
    make("cpu", {.cpuTime = 1s, .coreSize = 0}); // the signal would dump core
    make("no core", {.coreSize = 0});
    make("gains", {.noNewPrivileges = false});
    if (isRoot()) {
        make("nobody", {.userId = Nobody, .groupId = Nobody});
        make("nobody who gains", {.noNewPrivileges = false, .userId = Nobody, .groupId = Nobody});
        make("group only", {.groupId = Nobody});
    }

    make("addressSpace 0", {.addressSpace = 0});
    make("addressSpace 4096", {.addressSpace = 4096});
    make("cpuTime 0", {.cpuTime = 0s});
    make("openFiles -1", {.openFiles = -1});
    make("openFiles 2000000000", {.openFiles = 2'000'000'000});
    make("coreSize -1", {.coreSize = -1});
    make("fileSize -1", {.fileSize = -1});
    make("nice 20", {.nice = 20});
    make("nice -5", unprivileged({.nice = -5}));
    make("oomScoreAdjust 1001", {.oomScoreAdjust = 1001});
    make("userId alone", {.userId = Nobody});
    make("userId -1", {.userId = quint32(-1), .groupId = Nobody});
    make("groupId -1", {.userId = Nobody, .groupId = quint32(-1)});
    make("ids", {.userId = Nobody, .groupId = Nobody});

    interface.preload(spoilLimitsAfterTheTrial);
    make("spoilt", {.fileSize = 8192});
}

// So that a limit of the shell's is not taken for one of ours.
void allowCores()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_CORE, &limit);
}

// For workers to lose.
void joinAGroup()
{
    constexpr gid_t Some = 7;
    if (isRoot())
        ::setgroups(1, &Some);
}

}

class FaultsLimitsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void allZygotesThatCanAreValid()
    {
        for (const char *const name : {"none", "all", "cpu", "no core", "gains", "spoilt"})
            QVERIFY2(named(name)->isValid(), qPrintable(named(name)->errorString()));
    }

    void whatCannotBeAppliedIsAnErrorOfTheZygote_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<QString>("says");
        const auto row
            = [](const char *name, const char *says) { QTest::newRow(name) << QByteArray(name) << QString(says); };
        row("addressSpace 0", "limits.addressSpace must be at least 1, not 0");
        row("addressSpace 4096", "limits.addressSpace is 4096 bytes, but a worker that does nothing has ");
        row("cpuTime 0", "limits.cpuTime must be at least 1, not 0");
        row("openFiles -1", "limits.openFiles must be at least 4, not -1");
        row("openFiles 2000000000", "cannot raise RLIMIT_NOFILE to 2000000000: Operation not permitted");
        row("coreSize -1", "limits.coreSize must be at least 0, not -1");
        row("fileSize -1", "limits.fileSize must be at least 0, not -1");
        row("nice 20", "limits.nice must be between -20 and 19, not 20");
        row("oomScoreAdjust 1001", "limits.oomScoreAdjust must be between -1000 and 1000, not 1001");
        row("userId alone", "limits.userId needs limits.groupId too");
        row("userId -1", "limits.userId must be an id, not 4294967295");
        row("groupId -1", "limits.groupId must be an id, not 4294967295");
        if (!isRoot()) {
            row("nice -5", "cannot set nice to -5: Permission denied");
            row("ids",
                "cannot run workers as group 65534: Operation not permitted; the program must be started as root for "
                "that");
        }
    }
    void whatCannotBeAppliedIsAnErrorOfTheZygote()
    {
        QFETCH(QByteArray, name);
        QFETCH(QString, says);
        const Zygote &zygote = *named(name);
        QVERIFY(!zygote.isValid());
        QVERIFY2(zygote.errorString().startsWith(says), qPrintable(zygote.errorString()));
    }
    void aWorkerThatCannotApplyALimitDoesNotRun()
    {
        Client client(named("spoilt"), {.minWorkers = 0, .maxWorkers = 1, .waitForServer = false});
        const Error error = failure(client.checkout(), "pid");
        const QString told = error.message() + error.detail();
        QVERIFY2(told.contains("exited with status 1"), qPrintable(told));
    }

    void row26_addressSpace()
    {
        if (MapsTerabytes)
            QSKIP("sanitizers map terabytes");
        QVERIFY2(named("space")->isValid(), qPrintable(named("space")->errorString()));
        Client client(named("space"), {.maxWorkers = 1, .reuseAfterError = true});
        const qint64 pid = Test::pidOf(client.checkout());
        QCOMPARE(answer(client.checkout(), "allocate", {Megabyte}), QVariant(Megabyte));
        const Error error = failure(client.checkout(), "allocate", {1024 * Megabyte});
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY2(error.message().contains("bad_alloc"), qPrintable(error.message()));
        QCOMPARE(Test::pidOf(client.checkout()), pid);
        QCOMPARE(answer(client.checkout(), "limit", {int(RLIMIT_AS)}).toList(),
                 (QVariantList{512 * Megabyte, 512 * Megabyte}));
        QCOMPARE(answer(client.checkout(), "raise", {int(RLIMIT_AS)}), QVariant(EPERM));
    }
    void row27_outOfMemoryTakesTheWorkerFirst()
    {
        Client client(named("all"));
        const qint64 worker = Test::pidOf(client.checkout());
        QCOMPARE(Test::procFile(worker, "oom_score_adj"), "300\n");
        QVERIFY(Test::procFile(named("all")->processId(), "oom_score_adj") != "300\n");
    }
    void row28_cpuLimit()
    {
        Client client(named("cpu"));
        const Error error = failure(client.checkout(), "spin");
        QCOMPARE(error.code(), Error::WorkerLost);
        QCOMPARE(error.detail(), "the worker was killed by SIGXCPU");
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }

    void openFiles()
    {
        Client client(named("all"));
        QCOMPARE(answer(client.checkout(), "openMany"), QVariant(QVariantList{39, EMFILE}));
    }
    void aLargeFileKillsItsWriter()
    {
        const QTemporaryDir directory;
        QCOMPARE(::chmod(QFile::encodeName(directory.path()).constData(), 0777), 0);
        const QString path = directory.filePath("large");
        Client client(named("all"));
        const Error error = failure(client.checkout(), "writeMuch", {path, 2 * Megabyte});
        QCOMPARE(error.code(), Error::WorkerLost);
        QCOMPARE(error.detail(), "the worker was killed by SIGXFSZ");
        QCOMPARE(QFileInfo(path).size(), Megabyte);
    }
    void noCoreIsDumped()
    {
        const QTemporaryDir directory;
        QCOMPARE(::chmod(QFile::encodeName(directory.path()).constData(), 0777), 0);
        const auto names = [&] { return QDir(directory.path()).entryList(QDir::Files); };
        Client limited(named("no core"));
        QCOMPARE(failure(limited.checkout(), "abortIn", {directory.path()}).detail(),
                 "the worker was killed by SIGABRT");
        QCOMPARE(names(), QStringList());
        Client free(named("none"));
        QCOMPARE(failure(free.checkout(), "abortIn", {directory.path()}).detail(), "the worker was killed by SIGABRT");
        if (names().isEmpty())
            QSKIP("this machine puts its core dumps elsewhere, or makes none");
    }

    void noLimitIsRaisedAgain_data()
    {
        QTest::addColumn<int>("resource");
        QTest::addColumn<QVariantList>("limits");
        QTest::newRow("RLIMIT_CPU") << int(RLIMIT_CPU)
                                    << QVariantList{100, 101}; // SIGXCPU, and SIGKILL for who ignores that
        QTest::newRow("RLIMIT_NOFILE") << int(RLIMIT_NOFILE) << QVariantList{40, 40};
        QTest::newRow("RLIMIT_CORE") << int(RLIMIT_CORE) << QVariantList{0, 0};
        QTest::newRow("RLIMIT_FSIZE") << int(RLIMIT_FSIZE) << QVariantList{Megabyte, Megabyte};
    }
    void noLimitIsRaisedAgain()
    {
        QFETCH(int, resource);
        QFETCH(QVariantList, limits);
        Client client(named("all"));
        QCOMPARE(answer(client.checkout(), "limit", {resource}).toList(), limits);
        QCOMPARE(answer(client.checkout(), "raise", {resource}), QVariant(EPERM));
    }
    void niceIsNotLoweredAgain()
    {
        Client client(named("all"));
        QCOMPARE(answer(client.checkout(), "nice"), QVariant(7));
        QCOMPARE(answer(client.checkout(), "setNice", {6}), QVariant(EACCES));
        QCOMPARE(answer(client.checkout(), "setNice", {8}), QVariant(0));
    }

    void noNewPrivilegesIsTheDefault()
    {
        Client client(named("none"));
        QCOMPARE(Test::statusOf(Test::pidOf(client.checkout()), "NoNewPrivs"), "1");
        Client other(named("gains"));
        QCOMPARE(Test::statusOf(Test::pidOf(other.checkout()), "NoNewPrivs"), "0");
        QCOMPARE(Test::statusOf(named("none")->processId(), "NoNewPrivs"), "0");
    }
    void aSetuidProgramGainsNothing()
    {
        if (!isRoot())
            QSKIP("only root can make a setuid program of root's");
        const QTemporaryDir directory;
        const QString program = directory.filePath("id");
        QVERIFY(QFile::copy("/usr/bin/id", program));
        QCOMPARE(::chmod(QFile::encodeName(directory.path()).constData(), 0755), 0);
        QCOMPARE(::chmod(QFile::encodeName(program).constData(), 04755), 0);
        Client client(named("nobody"));
        QCOMPARE(answer(client.checkout(), "run", {program + " -u"}), QVariant("65534"));
        Client gains(named("nobody who gains"));
        if (answer(gains.checkout(), "run", {program + " -u"}) != QVariant("0"))
            QSKIP("setuid programs have no effect in this directory");
    }

    void whoHasBecomeAnotherStaysSo()
    {
        if (!isRoot())
            QSKIP("only root can become another user");
        QTemporaryFile secret;
        QVERIFY(secret.open());
        Client client(named("nobody"));
        const CheckoutPtr checkout = client.checkout();
        const QVariantList all{Nobody, Nobody, Nobody, Nobody, Nobody, Nobody, 0};
        QCOMPARE(answer(checkout, "ids").toList(), all);
        for (const char *const method : {"setuid", "setgid", "setgroups"})
            QCOMPARE(answer(checkout, method, Arguments{0}), QVariant(EPERM));
        QCOMPARE(answer(checkout, "read", {secret.fileName()}), QVariant(EACCES));
        QCOMPARE(Test::statusOf(Test::pidOf(checkout), "CapEff").toULongLong(nullptr, 16), 0ULL);
        QCOMPARE(answer(checkout, "ids").toList(), all);
    }
    void aGroupAlone()
    {
        if (!isRoot())
            QSKIP("only root can change its group");
        Client client(named("group only"));
        QCOMPARE(answer(client.checkout(), "ids").toList(), (QVariantList{0, 0, 0, Nobody, Nobody, Nobody, 0}));
    }
    void aHungWorkerOfAnotherUserIsKilledToo()
    {
        if (!isRoot())
            QSKIP("only root can become another user");
        Client client(named("nobody"));
        const CheckoutPtr checkout = client.checkout();
        const qint64 worker = Test::pidOf(checkout);
        frameTry([&] { checkout->call("sleep", {60'000}, [] { }); }, [](const Error &) {});
        WAIT_FOR(Test::statOf(worker).value(0) == "S");
        checkout->abort("enough");
        WAIT_FOR(!Test::exists(worker));
    }
};

int main(int argc, char *argv[])
{
    allowCores();
    joinAGroup();
    makeZygotes();
    QCoreApplication app(argc, argv);
    FaultsLimitsTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto &[name, zygote] : s_zygotes)
        Test::killWorkersOf(zygote->processId());
    s_zygotes.clear();
    return result;
}

#include "tst_faults_limits.moc"
