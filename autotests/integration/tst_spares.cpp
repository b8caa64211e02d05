// SPDX-License-Identifier: MIT
// Spare workers: forked ahead, and perhaps set up ahead.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/processes.h"
#include "helpers/zygotelog.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QElapsedTimer>
#include <QtCore/QLoggingCategory>
#include <QtCore/QRandomGenerator>
#include <QtCore/QTemporaryDir>

#include <fcntl.h>
#include <map>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;

namespace {

constexpr int Spares = 2;

// All zygotes are made in main(), before the application; a test takes what it is going to end.
std::map<QByteArray, std::unique_ptr<Zygote>> s_zygotes;

Zygote *zygote(const QByteArray &name)
{
    return s_zygotes.at(name).get();
}

// Files by which tests and setups talk to each other.
QByteArray s_directory;
QByteArray s_name; // of the zygote, in its workers

QByteArray fileOf(const QByteArray &what)
{
    return s_directory + '/' + s_name + '-' + what;
}

void append(const QByteArray &path, const QByteArray &text)
{
    const int file = ::open(path.constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    [[maybe_unused]] const ssize_t written = ::write(file, text.constData(), std::size_t(text.size()));
    ::close(file);
}

QByteArray contentOf(const QByteArray &path)
{
    QFile file(QFile::decodeName(path));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

bool isAhead()
{
    return Worker::peer().pid == -1 && Worker::peer().address.isEmpty();
}

QElapsedTimer s_sinceStart;
QByteArray s_readBySetup;
bool s_wasAhead = false;

void setUp()
{
    append(fileOf("setups"), isAhead() ? "a" : "c");
    s_wasAhead = isAhead();
    s_readBySetup = contentOf(fileOf("config"));
    if (s_name == "hangs" && isAhead())
        ::sleep(600);
    if (s_name == "exits" && isAhead())
        std::exit(3);
    if (s_name == "throws" && s_readBySetup.isEmpty())
        throw Error(QStringLiteral("no configuration"));
}

QVariant descriptorLimits()
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return QVariantList{qint64(limit.rlim_cur), qint64(limit.rlim_max)};
}

void fill(Interface &interface)
{
    using Arguments = const QVariantList &;
    Test::addBasics(interface);
    interface.add("number", [](Arguments) { return QVariant(Worker::number()); });
    interface.add("peer", [](Arguments) {
        const Peer peer = Worker::peer();
        return QVariant(QVariantList{peer.uid, peer.pid, peer.address});
    });
    interface.add("limits", [](Arguments) { return descriptorLimits(); });
    interface.add("nice", [](Arguments) { return QVariant(::getpriority(PRIO_PROCESS, 0)); });
    interface.add("deathSignal", [](Arguments) {
        int signal = -1;
        ::prctl(PR_GET_PDEATHSIG, &signal);
        return QVariant(signal);
    });
    interface.add("random", [](Arguments) {
        return QVariant(QStringLiteral("%1 %2").arg(QRandomGenerator::global()->generate64()).arg(::random()));
    });
    interface.add("setup",
                  [](Arguments) { return QVariant(QVariantList{QString::fromUtf8(s_readBySetup), s_wasAhead}); });
}

// Makes a zygote of this name; setups know the name, too.
void makeZygote(const QByteArray &name, ZygoteOptions options, void (*change)(Interface &) = nullptr)
{
    Interface interface;
    fill(interface);
    if (change)
        change(interface);
    s_name = name;
    if (options.spareWorkers == 0)
        options.spareWorkers = Spares;
    s_zygotes[name] = std::make_unique<Zygote>(interface, options);
    s_name.clear();
}

void withSetup(Interface &interface)
{
    interface.setup(setUp);
}

QList<qint64> childrenOf(Zygote *zygote)
{
    return Test::childrenOf(zygote->processId());
}

// The process ids of spares that wait, when there are as many as there shall be and no other workers.
QList<qint64> parked(Zygote *zygote, int count = Spares)
{
    const auto areAllThere = [&] { return zygote->spareWorkerCount() == count && childrenOf(zygote).size() == count; };
    return Test::waitUntil([&, poll = std::make_shared<QTimer>()] {
        if (!poll->isActive())
            poll->start(5ms);
        return areAllThere();
    })
        ? childrenOf(zygote)
        : QList<qint64>();
}

}

class TestSpares : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { ::unlink((s_directory + "/renews-config").constData()); }

    void oneServesTheNextConnectionAndAnotherIsForked();
    void titlesTellThemFromWorkers();
    void theWorkerKnowsItsClient();
    void limitsHold_data();
    void limitsHold();
    void noneHasTheConnectionOfAnother();
    void noneDrawsTheRandomNumbersOfAnother();
    void workersOfAServerAreCountedWithoutThem();

    void killedOnesAreReplacedAndNobodyWaits();
    void oneThatDiesBeforeItTakesItsConnectionLosesNothing();
    void oneThatIsAskedToLeaveLeaves();
    void theyTakeNoPlaceFromWorkers();
    void theyEndWithTheirProgram();
    void theyEndWithTheirZygote_data();
    void theyEndWithTheirZygote();
    void theyEndWhenTheirZygoteIsToldTo();

    void setupRunsAheadAndOnce();
    void whatSetupThrowsAheadIsTheErrorOfTheFirstCall();
    void whoseSetupHangsGetsNoConnection();
    void whoseSetupExitsIsForkedEverMoreRarely();
    void theyAreReplacedByRecycleWorkers();
    void anApplicationIsMadeAhead();
};

void TestSpares::oneServesTheNextConnectionAndAnotherIsForked()
{
    const QList<qint64> spares = parked(zygote("plain"));
    QCOMPARE(spares.size(), Spares);
    Client client(zygote("plain"), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    const qint64 pid = Test::pidOf(checkout);
    QVERIFY(spares.contains(pid));
    WAIT_COMPARE(zygote("plain")->spareWorkerCount(), Spares);
    WAIT_COMPARE(childrenOf(zygote("plain")).size(), Spares + 1);
    QCOMPARE(answer(checkout, "deathSignal"), QVariant(0)); // it outlives its zygote, as any worker
}

void TestSpares::titlesTellThemFromWorkers()
{
    const QList<qint64> spares = parked(zygote("titled"));
    QCOMPARE(spares.size(), Spares);
    for (const qint64 spare : spares)
        QCOMPARE(Test::titleOf(spare), QByteArray("tst spare"));
    Client client(zygote("titled"), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    const qint64 pid = Test::pidOf(checkout);
    QVERIFY(spares.contains(pid));
    const QByteArray number = answer(checkout, "number").toByteArray();
    QCOMPARE(Test::titleOf(pid), "tst worker " + number);
}

void TestSpares::theWorkerKnowsItsClient()
{
    QCOMPARE(parked(zygote("plain")).size(), Spares);
    Client embedded(zygote("plain"), {.minWorkers = 0});
    QCOMPARE(answer(embedded.checkout(), "peer"), QVariant(QVariantList{qint64(::getuid()), qint64(::getpid()), ""}));

    QTemporaryDir directory;
    Server server(zygote("plain"));
    QVERIFY(server.listen("unix:" + directory.filePath("socket")));
    WAIT_COMPARE(zygote("plain")->spareWorkerCount(), Spares);
    Client client(server.address(), {.minWorkers = 0});
    QCOMPARE(answer(client.checkout(), "peer"),
             QVariant(QVariantList{qint64(::getuid()), qint64(::getpid()), server.address().toString()}));
}

void TestSpares::limitsHold_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<int>("openFiles");
    QTest::newRow("some") << QByteArray("limited") << 20;
    QTest::newRow("as few as there may be") << QByteArray("poor") << 4;
    QTest::newRow("setup opens all that are free") << QByteArray("greedy") << 12;
}

void TestSpares::limitsHold()
{
    QFETCH(QByteArray, name);
    QFETCH(int, openFiles);
    const QList<qint64> spares = parked(zygote(name));
    QCOMPARE(spares.size(), Spares);
    Client client(zygote(name), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    QVERIFY(spares.contains(Test::pidOf(checkout)));
    QCOMPARE(answer(checkout, "limits"), QVariant(QVariantList{openFiles, openFiles}));
    QCOMPARE(answer(checkout, "nice"), QVariant(7));
    QCOMPARE(Test::statusOf(spares.first(), "NoNewPrivs"), QByteArray("1"));
}

void TestSpares::noneHasTheConnectionOfAnother()
{
    Client client(zygote("plain"), {.minWorkers = 3, .maxWorkers = 3});
    WAIT_COMPARE(client.idleWorkerCount(), 3);
    WAIT_COMPARE(zygote("plain")->spareWorkerCount(), Spares);
    // Standard input, output and error, and its connection or the socket by which that will come.
    for (const qint64 worker : childrenOf(zygote("plain")))
        QCOMPARE(Test::descriptorCount(worker), 4);
}

void TestSpares::noneDrawsTheRandomNumbersOfAnother()
{
    QSet<QString> drawn;
    Client client(zygote("plain"), {.minWorkers = 0, .maxWorkers = 6});
    std::vector<CheckoutPtr> checkouts;
    for (int i = 0; i < 6; ++i) {
        checkouts.push_back(client.checkout());
        drawn.insert(answer(checkouts.back(), "random").toString());
    }
    QCOMPARE(drawn.size(), 6);
}

void TestSpares::workersOfAServerAreCountedWithoutThem()
{
    QTemporaryDir directory;
    Server server(zygote("plain"), {.maxWorkers = 1});
    QVERIFY(server.listen("unix:" + directory.filePath("socket")));
    Client client(server.address(), {.minWorkers = 0});
    const CheckoutPtr held = client.checkout();
    QCOMPARE(answer(held, "echo", {1}), QVariant(1));
    WAIT_COMPARE(zygote("plain")->spareWorkerCount(), Spares);
    QCOMPARE(server.workerCount(), 1);
    Client second(server.address(), {.minWorkers = 1});
    WAIT_COMPARE(server.workerCount(), 1);
    QCOMPARE(answer(held, "echo", {2}), QVariant(2));
    QCOMPARE(zygote("plain")->spareWorkerCount(), Spares); // a spare is no place beyond the limit
}

void TestSpares::killedOnesAreReplacedAndNobodyWaits()
{
    const QList<qint64> spares = parked(zygote("plain"));
    QCOMPARE(spares.size(), Spares);
    for (const qint64 spare : spares)
        ::kill(pid_t(spare), SIGKILL);
    Client client(zygote("plain"), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
    QVERIFY(!spares.contains(Test::pidOf(checkout)));
    WAIT_COMPARE(zygote("plain")->spareWorkerCount(), Spares);
}

// Stopped ones are sent their connections, and die before they read them.
void TestSpares::oneThatDiesBeforeItTakesItsConnectionLosesNothing()
{
    const QList<qint64> spares = parked(zygote("plain"));
    QCOMPARE(spares.size(), Spares);
    for (const qint64 spare : spares) {
        ::kill(pid_t(spare), SIGSTOP);
        WAIT_COMPARE(Test::statOf(spare).value(0), QByteArray("T"));
    }
    Client client(zygote("plain"), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    std::optional<QVariant> result;
    checkout->call("echo", {7}, [&result](const QVariant &value) { result = value; });
    WAIT_FOR(childrenOf(zygote("plain")).size() == Spares + 1); // one was taken, and is replaced
    QVERIFY(!result);
    for (const qint64 spare : spares)
        ::kill(pid_t(spare), SIGKILL);
    WAIT_FOR(result.has_value());
    QCOMPARE(*result, QVariant(7));
    QVERIFY(!spares.contains(Test::pidOf(checkout)));
}

void TestSpares::oneThatIsAskedToLeaveLeaves()
{
    const QList<qint64> spares = parked(zygote("plain"));
    QCOMPARE(spares.size(), Spares);
    ::kill(pid_t(spares.at(0)), SIGHUP);
    ::kill(pid_t(spares.at(1)), SIGTERM);
    for (const qint64 spare : spares)
        WAIT_FOR(!Test::exists(spare));
    QCOMPARE(parked(zygote("plain")).size(), Spares);
}

// There are places for a few only, and more spares are wanted.
void TestSpares::theyTakeNoPlaceFromWorkers()
{
    Zygote *const full = zygote("full");
    WAIT_FOR(full->spareWorkerCount() > 0);
    const qsizetype places = childrenOf(full).size();
    QVERIFY2(places < 10, qPrintable(QString::number(places)));
    Client client(full, {.minWorkers = 0, .maxWorkers = 20});
    std::vector<CheckoutPtr> checkouts;
    qsizetype answers = 0;
    for (int i = 0; i < 20; ++i) {
        checkouts.push_back(client.checkout());
        checkouts.back()->call("pid", {}, [&answers](const QVariant &) { ++answers; });
    }
    WAIT_FOR(answers >= places);
    WAIT_COMPARE(full->spareWorkerCount(), 0);
    checkouts.clear();
    WAIT_COMPARE(answers, qsizetype(20));
}

void TestSpares::theyEndWithTheirProgram()
{
    QProcess program;
    program.start(QCoreApplication::applicationFilePath(), {"--program"});
    QVERIFY(program.waitForStarted());
    QList<qint64> processes;
    while (processes.isEmpty() && program.waitForReadyRead(int(Test::Patience.count()))) {
        if (program.canReadLine()) {
            for (const QByteArray &pid : program.readLine().simplified().split(' '))
                processes.append(pid.toLongLong());
        }
    }
    QCOMPARE(processes.size(), 1 + Spares); // the zygote and its spares
    program.kill();
    program.waitForFinished(-1);
    for (const qint64 process : processes)
        WAIT_FOR(!Test::isRunning(process));
}

void TestSpares::theyEndWithTheirZygote_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::newRow("while they wait") << QByteArray("to be killed");
    QTest::newRow("in a setup that hangs") << QByteArray("hangs for ever");
}

void TestSpares::theyEndWithTheirZygote()
{
    QFETCH(QByteArray, name);
    WAIT_COMPARE(childrenOf(zygote(name)).size(), Spares);
    const QList<qint64> spares = childrenOf(zygote(name));
    if (name == "hangs for ever")
        WAIT_COMPARE(contentOf(s_directory + "/hangs for ever-setups").size(), Spares);
    ::kill(pid_t(zygote(name)->processId()), SIGKILL);
    for (const qint64 spare : spares)
        WAIT_FOR(!Test::isRunning(spare));
    WAIT_COMPARE(zygote(name)->spareWorkerCount(), 0);
}

void TestSpares::theyEndWhenTheirZygoteIsToldTo()
{
    Zygote *const told = zygote("to be told");
    const QList<qint64> spares = parked(told);
    QCOMPARE(spares.size(), Spares);
    Client client(told, {.minWorkers = 0});
    const CheckoutPtr held = client.checkout();
    const qint64 pid = Test::pidOf(held);
    ::kill(pid_t(told->processId()), SIGTERM);
    WAIT_COMPARE(childrenOf(told), QList<qint64>{pid});
    QCOMPARE(answer(held, "echo", {1}), QVariant(1));
}

void TestSpares::setupRunsAheadAndOnce()
{
    QCOMPARE(parked(zygote("ahead")).size(), Spares);
    QCOMPARE(contentOf(s_directory + "/ahead-setups").left(Spares), QByteArray(Spares, 'a'));
    Client client(zygote("ahead"), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    for (int i = 0; i < 2; ++i)
        QCOMPARE(answer(checkout, "setup").toList().value(1), QVariant(true));
    QVERIFY(!contentOf(s_directory + "/ahead-setups").contains('c'));
}

void TestSpares::whatSetupThrowsAheadIsTheErrorOfTheFirstCall()
{
    QCOMPARE(parked(zygote("throws")).size(), Spares);
    append(s_directory + "/throws-config", "there is one");
    Client client(zygote("throws"), {.minWorkers = 0, .reuseAfterError = true});
    const CheckoutPtr checkout = client.checkout();
    const Error error = failure(checkout, "echo", {1});
    QCOMPARE(error.code(), Error::SetupError);
    QCOMPARE(error.message(), "setup exception: no configuration");
    QCOMPARE(answer(checkout, "setup"), QVariant(QVariantList{"there is one", false}));
}

void TestSpares::whoseSetupHangsGetsNoConnection()
{
    Zygote *const hangs = zygote("hangs");
    WAIT_FOR(!contentOf(s_directory + "/hangs-setups").isEmpty());
    Client client(hangs, {.minWorkers = 0});
    QCOMPARE(answer(client.checkout(), "setup").toList().value(1), QVariant(false));
    QCOMPARE(hangs->spareWorkerCount(), 0);
    WAIT_FOR(Test::ZygoteLog::linesWith("Killing hung worker").filter("'(setup)'").size() >= Spares);
}

void TestSpares::whoseSetupExitsIsForkedEverMoreRarely()
{
    Zygote *const exits = zygote("exits");
    WAIT_FOR(contentOf(s_directory + "/exits-setups").size() >= 4);
    Client client(exits, {.minWorkers = 0});
    QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    // Two at the start and after each delay; there are ten delays before the longest.
    QVERIFY(contentOf(s_directory + "/exits-setups").size() <= Spares * (12 + s_sinceStart.elapsed() / 10'000));
}

void TestSpares::theyAreReplacedByRecycleWorkers()
{
    Zygote *const renews = zygote("renews");
    const QList<qint64> before = parked(renews);
    QCOMPARE(before.size(), Spares);
    append(s_directory + "/renews-config", "new");
    Client client(renews, {.minWorkers = 0});
    client.recycleWorkers();
    QCOMPARE(answer(client.checkout(), "setup").toList().value(0), QVariant("new"));
    for (const qint64 spare : before)
        WAIT_FOR(!Test::exists(spare));
    WAIT_COMPARE(renews->spareWorkerCount(), Spares);
    QCOMPARE(Test::ZygoteLog::linesWith("perhaps out of memory"), QStringList());
}

void TestSpares::anApplicationIsMadeAhead()
{
    QCOMPARE(parked(zygote("application")).size(), Spares);
    Client client(zygote("application"), {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(answer(checkout, "posted"), QVariant("delivered"));
}

namespace {

// What a test runs to kill it: a program with spare workers.
int runProgram()
{
    Interface interface;
    Zygote zygote(interface, {.spareWorkers = Spares});
    while (zygote.spareWorkerCount() < Spares)
        ::usleep(1000);
    QByteArray line = QByteArray::number(zygote.processId());
    for (const qint64 spare : childrenOf(&zygote))
        line += ' ' + QByteArray::number(spare);
    std::puts(line.constData());
    std::fflush(stdout);
    ::pause();
    return 0;
}

// The application of a worker delivers what setup has posted before the first method runs.
void withApplication(Interface &interface)
{
    static QString state = "there is no application";
    interface.setApplication<QCoreApplication>();
    interface.setup([] {
        state = "posted";
        QMetaObject::invokeMethod(QCoreApplication::instance(), [] { state = "delivered"; }, Qt::QueuedConnection);
    });
    interface.add("posted", [](const QVariantList &) { return QVariant(state); });
}

}

int main(int argc, char *argv[])
{
    if (argc == 2 && qstrcmp(argv[1], "--program") == 0)
        return runProgram();
    const QTemporaryDir directory;
    s_directory = QFile::encodeName(directory.path());
    const Test::ZygoteLog log;
    s_sinceStart.start();
    // First, because the numbers of the descriptors of others are taken in a zygote.
    makeZygote("full", {.spareWorkers = 100}, [](Interface &interface) {
        interface.preload([] {
            const rlimit limit{24, 24};
            ::setrlimit(RLIMIT_NOFILE, &limit);
        });
    });
    makeZygote("greedy", {.limits = {.openFiles = 12, .nice = 7}, .setupAhead = true}, [](Interface &interface) {
        interface.setup([] {
            while (::dup(0) >= 0) { }
        });
    });
    makeZygote("titled", {.name = "tst"});
    for (const char *const name : {"plain", "to be killed", "to be told"})
        makeZygote(name, {});
    makeZygote("limited", {.limits = {.openFiles = 20, .nice = 7}});
    makeZygote("poor", {.limits = {.openFiles = 4, .nice = 7}});
    for (const char *const name : {"ahead", "throws", "renews"})
        makeZygote(name, {.setupAhead = true}, withSetup);
    makeZygote("exits", {.setupAhead = true}, [](Interface &interface) {
        withSetup(interface);
        interface.preload([] { QLoggingCategory::setFilterRules("prefork.zygote.warning=false"); });
    });
    makeZygote("hangs for ever", {.setupAhead = true}, [](Interface &interface) {
        interface.setup([] {
            append(fileOf("setups"), "a");
            ::sleep(600);
        });
    });
    makeZygote("hangs", {.hungTimeout = 2s, .setupAhead = true}, [](Interface &interface) {
        withSetup(interface);
        interface.preload(Test::ZygoteLog::begin);
    });
    makeZygote("application", {.setupAhead = true}, withApplication);
    QCoreApplication app(argc, argv);
    TestSpares test;
    const int result = QTest::qExec(&test, argc, argv);
    s_zygotes.clear();
    return result;
}

#include "tst_spares.moc"
