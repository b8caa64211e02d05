// SPDX-License-Identifier: MIT
// Zygote and workers among the other processes of a machine: signals that come to all of them, and children of their
// own.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/gate.h"
#include "helpers/protocols.h"

#include <QtPrefork/ForkedServer>
#include <QtPrefork/Server>

#include <QtCore/QRandomGenerator>
#include <QtCore/QTemporaryDir>
#include <QtCore/QTemporaryFile>
#include <QtNetwork/QHostInfo>
#include <QtNetwork/QLocalSocket>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <langinfo.h>
#include <pthread.h>
#include <stdexcept>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

#ifdef __SANITIZE_ADDRESS__
// newlocale() leaks its copy of LOCPATH, and libp11-kit calls it when it is loaded, which it is together with Qt
// Network on Debian 13.
extern "C" Q_DECL_EXPORT const char *__lsan_default_suppressions()
{
    return "leak:argz_add_sep\n";
}
#endif

namespace {

std::unique_ptr<Zygote> s_zygote; // all made before there is an application
std::unique_ptr<Zygote> s_told;
std::unique_ptr<Zygote> s_lenient;

quint32 s_drawnByPreload = 0; // in zygote and workers

int s_witness = -1; // in a worker: where its own handler of SIGTERM leaves a mark

// A child that stays, in the worker's group unless it leaves that; returns once it has.
qint64 startChild(bool leavesGroup)
{
    int ends[2];
    if (::pipe(ends) != 0)
        return -1;
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (leavesGroup)
            ::setsid();
        [[maybe_unused]] const ssize_t written = ::write(ends[1], "", 1);
        for (;;)
            ::pause();
    }
    char byte = 0;
    [[maybe_unused]] const ssize_t count = ::read(ends[0], &byte, 1);
    ::close(ends[0]);
    ::close(ends[1]);
    return pid;
}

QString outputOf(const QByteArray &command)
{
    FILE *const pipe = ::popen(command.constData(), "r");
    char text[4096];
    const std::size_t size = pipe ? std::fread(text, 1, sizeof text, pipe) : 0;
    if (pipe)
        ::pclose(pipe);
    return QString::fromUtf8(text, qsizetype(size));
}

QString draw(const QString &source)
{
    if (source == "QRandomGenerator")
        return QString::number(QRandomGenerator::global()->generate64());
    if (source == "rand")
        return QString::number(std::rand());
    if (source == "random")
        return QString::number(::random());
    if (source == "drand48")
        return QString::number(::drand48(), 'g', 17);
    QTemporaryFile file(QDir::tempPath() + "/XXXXXXXXXX");
    return file.open() ? file.fileName() : QString("no file");
}

// The locale, and how many characters the name of a file has for the C library, if it can read it.
QString describeLocale()
{
    wchar_t wide[32];
    const std::size_t size = std::mbstowcs(wide,
                                           "\xc3\x9c"
                                           "bergr\xc3\xb6\xc3\x9f"
                                           "e.txt",
                                           32);
    return QString("%1 %2 %3").arg(std::setlocale(LC_ALL, nullptr), ::nl_langinfo(CODESET)).arg(qint64(size));
}

void fill(Interface &interface)
{
    addBasics(interface);
    using Arguments = const QVariantList &;
    interface.add("pass",
                  [](Arguments arguments) { return Gate::pass(arguments.value(0).toString()), QVariant("passed"); });
    interface.add("child", [](Arguments arguments) { return QVariant(startChild(arguments.value(0).toBool())); });
    interface.add("end", [](Arguments arguments) -> QVariant {
        const QString how = arguments.value(0).toString();
        if (how == "exit")
            std::exit(0);
        if (how == "crash")
            std::abort();
        return ::system("sleep 300");
    });
    interface.add("shell", [](Arguments arguments) { return QVariant(outputOf(arguments.value(0).toByteArray())); });
    interface.add("process", [](Arguments arguments) {
        QProcess process;
        process.start("/bin/sh", {"-c", arguments.value(0).toString()});
        process.waitForFinished();
        return QVariant(QString::fromUtf8(process.readAllStandardOutput()));
    });
    interface.add("draw", [](Arguments arguments) { return QVariant(draw(arguments.value(0).toString())); });
    interface.add("drawnByPreload", [](Arguments) { return QVariant(s_drawnByPreload); });
    interface.add("lookUp", [](Arguments arguments) {
        return QVariant(QHostInfo::fromName(arguments.value(0).toString()).addresses().size());
    });
    interface.add("locale", [](Arguments) { return QVariant(describeLocale()); });
    interface.add("environment", [](Arguments arguments) {
        const QByteArray name = arguments.value(0).toByteArray();
        return QVariant(qEnvironmentVariableIsSet(name.constData()) ? qgetenv(name.constData()) : "unset");
    });
    interface.add("handle", [](Arguments arguments) { // SIGTERM itself
        s_witness = ::open(QFile::encodeName(arguments.value(0).toString()).constData(), O_WRONLY | O_CLOEXEC);
        ::signal(SIGTERM, [](int) { [[maybe_unused]] const ssize_t written = ::write(s_witness, "x", 1); });
        return QVariant();
    });
}

// Says what the locale is in the program and in a worker, a line each. One may be set before.
int sayLocales(int argc, char *argv[])
{
    if (argc == 3)
        std::setlocale(LC_ALL, argv[2]);
    Interface interface;
    fill(interface);
    Zygote zygote(interface);
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.minWorkers = 0});
    std::printf("%s\n%s\n", qPrintable(describeLocale()), qPrintable(answer(client.checkout(), "locale").toString()));
    return 0;
}

// A message handler with which lines of the library go wrong.
void throwAtOwnLines(QtMsgType, const QMessageLogContext &context, const QString &)
{
    if (qstrncmp(context.category, "prefork.", 8) == 0)
        throw std::runtime_error("no ink\nno paper");
}

// Has a process throw where nothing catches it, and goes on itself.
int haveThrown(int argc, char *argv[])
{
    const QByteArray who = argv[2];
    Interface interface;
    fill(interface);
    std::optional<ForkedServer> server;
    std::optional<Zygote> zygote;
    if (who == "server") {
        qInstallMessageHandler(throwAtOwnLines);
        server.emplace(interface, argv[3], ZygoteOptions{},
                       ServerOptions{.peers = {.sameUser = false, .root = false}}); // it complains of whoever comes
    } else if (who == "zygote") {
        interface.preload([] { qInstallMessageHandler(throwAtOwnLines); });
        zygote.emplace(interface); // it complains when a worker crashes
    } else {
        ::pthread_atfork(nullptr, nullptr, [] { throw std::runtime_error("no fork"); });
        zygote.emplace(interface);
        std::printf("%s\n", qPrintable(zygote->errorString()));
        return 0;
    }
    QCoreApplication app(argc, argv);
    if (who == "server") {
        QLocalSocket socket;
        socket.connectToServer(server->address().path());
        const bool hasEnded = waitForEnd(server->processId(), int(Patience.count()));
        std::printf("%s\n", hasEnded ? "it has ended" : "it lives on");
    } else {
        Client client(&*zygote, {.minWorkers = 0});
        static_cast<void>(failure(client.checkout(), "end", {"crash"}));
        const bool hasEnded = waitForEnd(zygote->processId(), int(Patience.count()));
        std::printf("%s\n", hasEnded ? qPrintable(failure(client.checkout(), "echo").message()) : "it lives on");
    }
    return 0;
}

// The environment and the arguments before and after a Zygote is made, with a name or without.
int compareEnvironments(int argc, char *argv[], char *environment[])
{
    const auto copy = [](char **texts) {
        QByteArrayList list;
        for (; *texts; ++texts)
            list.append(*texts);
        std::sort(list.begin(), list.end());
        return list;
    };
    if (environ != environment)
        return 2; // it has been moved already
    ::setenv("ADDED", "later", 1);
    ::unsetenv("TO_BE_REMOVED");
    char **const moved = environ;
    const QByteArrayList before = copy(environ);
    const QByteArrayList arguments = copy(argv + 1);
    const QByteArray name = argv[2];
    Interface interface;
    fill(interface);
    Zygote zygote(interface, {.name = name});
    QCoreApplication app(argc, argv);
    Server server(&zygote);
    if (!server.listen("tcp://127.0.0.1:0"))
        return 3;
    if (name.isEmpty() && environ != moved)
        return 4;
    std::printf("%s\n", titleOf(::getpid()).constData());
    return copy(environ) != before ? 5 : copy(argv + 1) != arguments ? 6 : 0;
}

// What a program is that knows nothing of ShutdownSignals.
int servePlainly(int argc, char *argv[])
{
    Interface interface;
    fill(interface);
    Zygote zygote(interface);
    QCoreApplication app(argc, argv);
    Server server(&zygote);
    if (!server.listen(QString::fromLocal8Bit(argv[2])))
        return 3;
    std::printf("listening on %s\n", qPrintable(server.address().toString()));
    std::fflush(stdout);
    return QCoreApplication::exec();
}

}

class TestFaultsForked : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row70_sigtermForAllProcessesIsAGracefulEnd_data()
    {
        QTest::addColumn<bool>("watchesSignals");
        QTest::addColumn<QString>("order");
        QTest::newRow("server, zygote, worker") << true << "szw";
        QTest::newRow("worker, zygote, server") << true << "wzs";
        QTest::newRow("zygote, server, worker, zygote") << true << "zswz";
        QTest::newRow("only the zygote") << true << "z";
        QTest::newRow("only the zygote, of a server without ShutdownSignals") << false << "z";
        QTest::newRow("zygote and worker, of a server without ShutdownSignals") << false << "zw";
    }
    void row70_sigtermForAllProcessesIsAGracefulEnd()
    {
        QFETCH(bool, watchesSignals);
        QFETCH(QString, order);
        QTemporaryDir directory;
        const QString path = directory.filePath("s.socket");
        ServerProcess server;
        const QString program = watchesSignals ? QString(ECHO_SERVER) : QCoreApplication::applicationFilePath();
        QVERIFY2(server.start(program, {watchesSignals ? "--listen" : "--plain-server", "unix:" + path}),
                 qPrintable(server.errorString()));
        Client client(server.address(), {.minWorkers = 0, .maxWorkers = 2});
        CheckoutPtr held = client.checkout();
        const qint64 worker = pidOf(held);
        const qint64 zygote = childrenOf(server.pid()).value(0);
        QVERIFY(worker > 0 && zygote > 0);
        for (const QChar who : order)
            ::kill(pid_t(who == 's' ? server.pid() : who == 'z' ? zygote : worker), SIGTERM);
        WAIT_FOR(!QFile::exists(path));
        for (int i = 0; i < 3; ++i)
            QCOMPARE(pidOf(held), worker);
        QVERIFY(server.isRunning());
        held.reset();
        client.close();
        QCOMPARE(server.waitForEnd(), 0);
        WAIT_FOR(!exists(worker));
        WAIT_FOR(!isRunning(zygote));
        QVERIFY2(!server.stderrText().contains("the zygote is gone"), qPrintable(server.stderrText()));
    }
    void row70_theClientsOfAZygoteThatIsToldToEnd()
    {
        const QString told = "the zygote has been told to end by SIGTERM";
        Client client(s_told.get(), {.minWorkers = 0, .maxWorkers = 2});
        CheckoutPtr held = client.checkout();
        const qint64 worker = pidOf(held);
        const qint64 other = pidOf(client.checkout());
        QVERIFY(worker > 0 && other > 0);
        const CheckoutPtr second = client.checkout();
        QVERIFY(pidOf(second) > 0);
        const CheckoutPtr waiting = client.checkout();
        Journal journal;
        journal.call(waiting, "waiting", "echo", {1});
        QCOMPARE(::kill(pid_t(s_told->processId()), SIGTERM), 0);
        WAIT_COMPARE(journal.entries(), QStringList("waiting!" + told));
        QCOMPARE(failure(client.checkout(), "echo").code(), Error::Unavailable);
        QCOMPARE(pidOf(held), worker);
        QCOMPARE(pidOf(second), other);

        Client late(s_told.get());
        const Error error = failure(late.checkout(), "echo");
        QCOMPARE(error.code(), Error::Unavailable);
        QCOMPARE(error.message(), told);
        Server server(s_told.get());
        QVERIFY(!server.listen("tcp://127.0.0.1:0"));
        QCOMPARE(server.errorString(), told);
        QVERIFY(isRunning(s_told->processId()));
        held.reset();
        WAIT_FOR(!exists(worker));
        const qint64 zygote = s_told->processId();
        client.close();
        s_told.reset();
        WAIT_FOR(!isRunning(zygote));
    }
    void row70_aFreeWorkerLeavesWhenSomebodySaysSo()
    {
        Client client(s_zygote.get(), {.minWorkers = 0, .maxWorkers = 1});
        const qint64 worker = pidOf(client.checkout());
        WAIT_COMPARE(client.idleWorkerCount(), 1);
        WAIT_FOR(isAsleep(worker));
        QCOMPARE(::kill(pid_t(worker), SIGTERM), 0);
        if (isNative()) {
            WAIT_FOR(!exists(worker));
            QVERIFY(pidOf(client.checkout()) > 0);
        } else {
            QCOMPARE(pidOf(client.checkout()), worker); // it has no goodbye
        }
    }
    void row70_aHeldWorkerStaysUntilItsRelease()
    {
        Client client(s_zygote.get(), {.minWorkers = 0, .maxWorkers = 1});
        CheckoutPtr held = client.checkout();
        const qint64 worker = pidOf(held);
        Gate gate;
        Journal journal;
        journal.call(held, "call", "pass", {gate.path()});
        WAIT_FOR(gate.isReached());
        QCOMPARE(::kill(pid_t(worker), SIGTERM), 0);
        gate.open();
        WAIT_COMPARE(journal.size(), 1);
        QCOMPARE(pidOf(held), worker);
        held.reset();
        if (isNative())
            WAIT_FOR(!exists(worker));
    }
    void row70_aMethodsOwnHandlerComesFirst()
    {
        QTemporaryDir directory;
        const QByteArray path = QFile::encodeName(directory.filePath("witness"));
        QCOMPARE(::mkfifo(path.constData(), 0600), 0);
        const int witness = ::open(path.constData(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        Client client(s_zygote.get(), {.minWorkers = 0, .maxWorkers = 1});
        const CheckoutPtr held = client.checkout();
        const qint64 worker = pidOf(held);
        QCOMPARE(failure(held, "handle", {directory.filePath("witness")}).code(), Error::NoError);
        QCOMPARE(::kill(pid_t(worker), SIGTERM), 0);
        QVERIFY(waitForInput(witness, int(Patience.count())));
        ::close(witness);
        QCOMPARE(pidOf(held), worker);
    }
    void row70_executedProgramsGetSignalsAtTheirDefaults_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::newRow("popen") << QByteArray("shell");
        QTest::newRow("QProcess") << QByteArray("process");
    }
    void row70_executedProgramsGetSignalsAtTheirDefaults()
    {
        QFETCH(QByteArray, method);
        Client client(s_zygote.get(), {.minWorkers = 0, .maxWorkers = 1});
        const QString text = answer(client.checkout(), method.constData(), {"cat /proc/self/status"}).toString();
        for (const char *const key : {"SigIgn:", "SigBlk:"}) {
            const qsizetype at = text.indexOf(key);
            QVERIFY2(at >= 0, qPrintable(text));
            constexpr quint64 OfTheCLibrary = Q_UINT64_C(3) << 31;
            QCOMPARE(text.mid(at + 7).trimmed().left(16).toULongLong(nullptr, 16) & ~OfTheCLibrary, Q_UINT64_C(0));
        }
        // How a shell tells of a signal that has ended a program: 128 and its number.
        const QString ended = answer(client.checkout(), method.constData(),
                                     {"{ { yes; echo $? >&3; } | true; } 3>&1; sh -c 'kill -TERM $$'; echo $?"})
                                  .toString();
        QCOMPARE(ended, QString("%1\n%2\n").arg(128 + SIGPIPE).arg(128 + SIGTERM));
    }
    void row70_whatASupervisorSaysToTheServerIsNotForWorkers()
    {
        const QStringList variables{"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC",
                                    "LISTEN_PID",    "LISTEN_FDS",   "LISTEN_FDNAMES"};
        QTemporaryDir directory;
        QStringList environment{"OTHER=1"};
        for (const QString &variable : variables)
            environment
                += variable + (variable == "NOTIFY_SOCKET" ? '=' + directory.filePath("notify") : QString("=1"));
        ServerProcess server;
        server.setEnvironment(environment);
        QVERIFY2(server.start(QCoreApplication::applicationFilePath(),
                              {"--plain-server", "unix:" + directory.filePath("s.socket")}),
                 qPrintable(server.errorString()));
        Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        for (const QString &variable : variables)
            QCOMPARE(answer(checkout, "environment", {variable}).toString(), "unset");
        QCOMPARE(answer(checkout, "environment", {"OTHER"}).toString(), "1");
    }

    void workersHaveTheLocaleOfTheirProgram_data()
    {
        QTest::addColumn<QString>("environment");
        QTest::addColumn<QString>("before");
        for (const char *const locale :
             {"C.UTF-8", "C", "POSIX", "", "xx_YY.UTF-8", "de_DE.ISO-8859-1", "de_DE.UTF-8", "de_DE@euro"})
            QTest::newRow(qPrintable(QString("LC_ALL=%1").arg(locale))) << locale << QString();
        QTest::newRow("one that the program has set") << "C"
                                                      << "C.UTF-8";
        QTest::newRow("one that the program has set, and whose encoding is not UTF-8") << "C.UTF-8"
                                                                                       << "de_DE.ISO-8859-1";
    }
    void workersHaveTheLocaleOfTheirProgram()
    {
        QFETCH(QString, environment);
        QFETCH(QString, before);
        QTemporaryDir locales;
        for (const QString &part : (environment + ' ' + before).split(' ')) {
            if (!part.startsWith("de_DE"))
                continue;
            const QString charset = part.endsWith("UTF-8") ? "UTF-8" : "ISO-8859-1";
            if (runProgram("localedef", {"-c", "-i", "de_DE", "-f", charset, locales.filePath(part)}).exitCode != 0
                && !QFile::exists(locales.filePath(part + "/LC_CTYPE"))) // it fails over warnings too
                QSKIP("the C library cannot make locales here");
        }
        QStringList variables{"LC_ALL=" + environment, "LANG="};
        if (environment.startsWith("de_DE") || before.startsWith("de_DE"))
            variables += "LOCPATH=" + locales.path();
        const Ended ended
            = runProgram(QCoreApplication::applicationFilePath(),
                         QStringList("--locale") + (before.isEmpty() ? QStringList() : QStringList(before)), variables);
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors)); // a sanitizer's report, if there is one
        const QStringList lines = ended.output.split('\n');
        QCOMPARE(lines.size(), 3);
        if (before.isEmpty()) {
            QVERIFY2(lines.at(1).endsWith(" UTF-8 13"), qPrintable(lines.at(1)));
            QVERIFY2(lines.at(1) == lines.at(0) || !lines.at(0).contains(" UTF-8 "),
                     qPrintable(ended.output)); // not every Qt insists on UTF-8
        } else {
            QVERIFY2(lines.at(1).startsWith(before + ' '),
                     qPrintable(ended.output + ended.errors)); // QCoreApplication goes by the environment
        }
    }
    void noTwoProcessesDrawTheSameNumbers_data()
    {
        QTest::addColumn<QString>("source");
        for (const char *const source : {"QRandomGenerator", "rand", "random", "drand48", "QTemporaryFile"})
            QTest::newRow(source) << source;
    }
    void noTwoProcessesDrawTheSameNumbers()
    {
        QFETCH(QString, source);
        constexpr int Workers = 3;
        Client client(s_zygote.get(), {.minWorkers = 0, .maxWorkers = Workers});
        QSet<QString> drawn{draw(source)};
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < Workers; ++i) {
            checkouts.push_back(client.checkout());
            drawn.insert(answer(checkouts.back(), "draw", {source}).toString());
            drawn.insert(answer(checkouts.back(), "draw", {source}).toString());
        }
        QCOMPARE(drawn.size(), 1 + 2 * Workers);
    }
    void preloadDrawsOtherNumbersThanTheProgram()
    {
        Client client(s_zygote.get(), {.minWorkers = 0, .maxWorkers = 1});
        const quint32 drawn = answer(client.checkout(), "drawnByPreload").toUInt();
        QVERIFY(drawn != 0);
        QVERIFY(drawn != s_drawnByPreload);
    }

    void row72_noForkedProcessGoesOnAsItsProgram_data()
    {
        QTest::addColumn<QString>("who");
        QTest::addColumn<QString>("output");
        QTest::addColumn<QString>("errors");
        QTest::newRow("zygote") << "zygote"
                                << "the zygote is gone: it exited with status 1; restart the program to get another "
                                   "one\n"
                                << "prefork: the zygote ends, for nothing caught an exception: no ink\\nno paper";
        QTest::newRow("forked server")
            << "server"
            << "it has ended\n"
            << "prefork: the forked server ends, for nothing caught an exception: no ink\\nno paper";
        QTest::newRow("handler of pthread_atfork()")
            << "atfork"
            << "the zygote ended before it was ready: it was killed by SIGABRT\n"
            << "no fork";
    }
    void row72_noForkedProcessGoesOnAsItsProgram()
    {
        QFETCH(QString, who);
        QFETCH(QString, output);
        QFETCH(QString, errors);
        QTemporaryDir directory;
        const Ended ended = runProgram(QCoreApplication::applicationFilePath(),
                                       {"--throwing", who, "unix:" + directory.filePath("s.socket")}, {"QT_NO_GLIB=1"});
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.output + ended.errors));
        QCOMPARE(ended.output, output);
        QVERIFY2(ended.errors.contains(errors), qPrintable(ended.errors));
    }
    void onlyAZygoteWithANameMovesTheEnvironment_data()
    {
        QTest::addColumn<QString>("name");
        QTest::newRow("without a name") << QString();
        QTest::newRow("with one") << "paddock";
    }
    void onlyAZygoteWithANameMovesTheEnvironment()
    {
        QFETCH(QString, name);
        const QString program = QCoreApplication::applicationFilePath();
        const Ended ended
            = runProgram(program, {"--environments", name}, {"TO_BE_REMOVED=1", "LONG=" + QString(300, 'x')});
        QVERIFY2(ended.exitCode == 0, qPrintable(QString("%1 %2").arg(ended.exitCode).arg(ended.errors)));
        QCOMPARE(ended.output, (name.isEmpty() ? program : name + " server") + '\n');
    }
    void lookingUpAHostInAWorkerSaysNothing()
    {
        QTemporaryDir directory;
        ServerProcess server;
        QVERIFY2(server.start(QCoreApplication::applicationFilePath(),
                              {"--plain-server", "unix:" + directory.filePath("s.socket")}),
                 qPrintable(server.errorString()));
        Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
        QVERIFY(answer(client.checkout(), "lookUp", {"localhost"}).toInt() > 0);
        client.close();
        QCOMPARE(server.terminate(), -1);
        QCOMPARE(server.stderrText(), QString());
    }

    void row71_childrenOfAWorkerEndWithIt_data()
    {
        QTest::addColumn<QString>("end");
        for (const char *const end : {"exit", "crash", "killed", "abandoned", "hung", "hangup"})
            QTest::newRow(end) << end;
    }
    void row71_childrenOfAWorkerEndWithIt()
    {
        QFETCH(QString, end);
        auto client = std::make_unique<Client>(s_zygote.get(), ClientOptions{.minWorkers = 0, .maxWorkers = 1});
        const CheckoutPtr checkout = client->checkout();
        const qint64 worker = pidOf(checkout);
        const qint64 child = answer(checkout, "child", {false}).toLongLong();
        const qint64 daemon = answer(checkout, "child", {true}).toLongLong();
        QVERIFY(worker > 0 && child > 0 && daemon > 0);
        QCOMPARE(::getpgid(pid_t(worker)), pid_t(worker));
        QCOMPARE(::getpgid(pid_t(child)), pid_t(worker));
        qint64 executed = 0;
        if (end == "killed") {
            ::kill(pid_t(worker), SIGKILL);
        } else if (end != "hangup") {
            frameTry([&] { checkout->call("end", {end}); }, [](const Error &) {});
            if (end == "abandoned" || end == "hung")
                WAIT_FOR(childrenOf(worker).size() == 3);
            for (const qint64 each : childrenOf(worker))
                executed = std::max(executed, each);
        }
        if (end == "abandoned" || end == "hangup")
            client.reset();
        WAIT_FOR(!isRunning(worker));
        WAIT_FOR(!isRunning(child));
        WAIT_FOR(executed == 0 || executed == daemon || !isRunning(executed));
        QVERIFY(isRunning(daemon));
        ::kill(pid_t(daemon), SIGKILL);
    }
    void row71_unlessTheyMayStay()
    {
        Client client(s_lenient.get(), {.minWorkers = 0, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 worker = pidOf(checkout);
        const qint64 child = answer(checkout, "child", {false}).toLongLong();
        QVERIFY(child > 0);
        QCOMPARE(::getpgid(pid_t(worker)), pid_t(s_lenient->processId()));
        QCOMPARE(failure(checkout, "end", {"exit"}).code(), Error::WorkerLost);
        QVERIFY(!isRunning(worker));
        QVERIFY(isRunning(child));
        ::kill(pid_t(child), SIGKILL);
    }
};

int main(int argc, char *argv[], char *environment[])
{
    if (argc == 3 && std::strcmp(argv[1], "--environments") == 0)
        return compareEnvironments(argc, argv, environment);
    if (argc == 4 && std::strcmp(argv[1], "--throwing") == 0) {
        try {
            return haveThrown(argc, argv);
        } catch (const std::exception &exception) {
            std::printf("main() caught it: %s\n", exception.what());
            return 9;
        }
    }
    if (argc == 3 && std::strcmp(argv[1], "--plain-server") == 0)
        return servePlainly(argc, argv);
    if (argc >= 2 && std::strcmp(argv[1], "--locale") == 0)
        return sayLocales(argc, argv);
    // The program has drawn numbers before anything is forked.
    for (const char *const source : {"QRandomGenerator", "rand", "drand48"})
        draw(source);
    Interface interface;
    fill(interface);
    interface.preload([] { s_drawnByPreload = QRandomGenerator::global()->generate(); });
    s_zygote = std::make_unique<Zygote>(interface, ZygoteOptions{.hungTimeout = 4s});
    s_told = std::make_unique<Zygote>(interface);
    s_lenient = std::make_unique<Zygote>(interface, ZygoteOptions{.killsChildren = false});
    s_drawnByPreload = QRandomGenerator::global()->generate(); // what preload would draw too
    QCoreApplication app(argc, argv);
    TestFaultsForked test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto *const zygote : {&s_zygote, &s_lenient})
        killWorkersOf((*zygote)->processId());
    return result;
}

#include "tst_faults_forked.moc"
