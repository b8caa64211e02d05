// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/loglines.h"
#include "helpers/nativebytes.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"
#include "helpers/rawsocket.h"
#include "helpers/rest.h"
#include "helpers/stopwatch.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>
#include <QtTest/QSignalSpy>

#include <algorithm>
#include <array>
#include <csignal>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

Zygote *zygote = nullptr;

/// A connection that says nothing, and does not wait for anybody.
class SilentConnection
{
    Q_DISABLE_COPY_MOVE(SilentConnection)

public:
    explicit SilentConnection(const Address &address)
        : m_socket(::socket(address.scheme() == Address::Scheme::Unix ? AF_UNIX : AF_INET,
                            SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0))
    {
        if (address.scheme() == Address::Scheme::Unix) {
            const sockaddr_un place = Test::socketAddress(QFile::encodeName(address.path()));
            m_isConnected = ::connect(m_socket, reinterpret_cast<const sockaddr *>(&place), sizeof place) == 0;
        } else {
            sockaddr_in place{};
            place.sin_family = AF_INET;
            place.sin_port = htons(address.port());
            place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            m_isConnected = ::connect(m_socket, reinterpret_cast<const sockaddr *>(&place), sizeof place) == 0
                || errno == EINPROGRESS;
        }
    }
    ~SilentConnection() { close(); }
    [[nodiscard]] bool isConnected() const { return m_isConnected; }
    void say(const QByteArray &words) const
    {
        pollfd room{m_socket, POLLOUT, 0};
        ::poll(&room, 1, int(Test::Patience.count())); // it may still be connecting
        QCOMPARE(::send(m_socket, words.constData(), size_t(words.size()), MSG_NOSIGNAL), words.size());
    }
    /// While the server of this process answers, if it is one of this process.
    [[nodiscard]] bool hears(const QByteArray &beginning, QByteArray *message = nullptr) const
    {
        QByteArray own;
        QByteArray &heard = message ? *message : own;
        heard.clear();
        QTimer look; // nothing else wakes the event loop
        look.start(5ms);
        return Test::waitUntil([&] {
            char bytes[1000];
            const ssize_t count = ::recv(m_socket, bytes, sizeof bytes, MSG_DONTWAIT);
            heard.append(bytes, std::max<ssize_t>(count, 0));
            return heard.startsWith(beginning) && heard.endsWith(']');
        });
    }
    void stopWriting() const { ::shutdown(m_socket, SHUT_WR); }
    void close()
    {
        if (m_socket >= 0)
            ::close(std::exchange(m_socket, -1));
    }
    [[nodiscard]] bool hasEnded() const
    {
        char byte = 0;
        return ::recv(m_socket, &byte, 1, MSG_DONTWAIT) == 0;
    }

private:
    int m_socket;
    bool m_isConnected = false;
};
using Connections = std::vector<std::unique_ptr<SilentConnection>>;

qsizetype endedOf(const Connections &connections)
{
    return std::count_if(connections.begin(), connections.end(), [](const auto &one) { return one->hasEnded(); });
}

/// A client on a busy machine: it takes its time to send its first call after it has heard the server's hello. If the
/// worker has left meanwhile, it connects anew.
class LateCaller
{
    Q_DISABLE_COPY_MOVE(LateCaller)

public:
    explicit LateCaller(const QString &path)
        : m_path(path)
    {
        QObject::connect(&m_socket, &QLocalSocket::connected, [this] { m_socket.write(Test::hello()); });
        QObject::connect(&m_socket, &QLocalSocket::readyRead, [this] { read(); });
        QObject::connect(&m_socket, &QLocalSocket::disconnected, &m_socket, [this] { begin(); }, Qt::QueuedConnection);
        m_calling.setSingleShot(true);
        QObject::connect(&m_calling, &QTimer::timeout, [this] { m_socket.write(Test::echoCall("\x01", 1)); });
        begin();
    }
    [[nodiscard]] bool isServed() const { return m_isServed; }

private:
    void begin()
    {
        m_calling.stop();
        m_heard.clear();
        if (!m_isServed)
            m_socket.connectToServer(m_path);
    }
    void read()
    {
        m_heard += m_socket.readAll();
        m_isServed = m_heard.endsWith(Test::resultOf("\x01", 1));
        if (m_isServed || hasHeardGoodbye())
            m_socket.disconnectFromServer();
        else
            m_calling.start(150ms);
    }
    [[nodiscard]] bool hasHeardGoodbye() const
    {
        constexpr qsizetype Head = 16;
        qsizetype at = 4; // behind the greeting
        while (at + Head <= m_heard.size() && m_heard.at(at + 4) != Test::GoodbyeKind)
            at += Head + qFromBigEndian<quint32>(m_heard.constData() + at);
        return at + Head <= m_heard.size();
    }
    const QString m_path;
    QLocalSocket m_socket;
    QTimer m_calling;
    QByteArray m_heard; // from this worker
    bool m_isServed = false;
};

// When the machine has stood still, the time is over before what has arrived meanwhile was looked at.
void letPass(std::chrono::milliseconds time)
{
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
    while (QAbstractEventDispatcher::instance()->processEvents(QEventLoop::AllEvents)) { }
}

qsizetype workersAlive()
{
    const QList<qint64> children = Test::childrenOf(zygote->processId());
    return std::count_if(children.begin(), children.end(), [](qint64 pid) { return Test::isRunning(pid); });
}

}

// Too much is wanted, or too little is there: clients wait, nobody spins, and afterwards all is as before.
class TestFaultsScarcity : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void row24_descriptorsRunOut();
    void row18_whoWaitsForAFullServerIsServed();
    void row36_aThunderingHerd();
    void row36_whoIsSlowToCallIsServedAlthoughOthersWait();
    void row37_aFloodOfSilentConnections();
    void row37_silentConnectionsThatGo();
    void row75_newcomersWaitAndNobodyIsClosedForThem();
    void row75_aThousandIdleJsonClients();
    void row37_aHelloThatNeverEnds();
    void row37_aFirstMessageThatNeverEnds();
    void row38_connectAndGoAway();
    void row39_aWorkersChildKeepsTheConnection();
    void theLeastRecentlyUsedWorkerMakesRoom();
    void aUserHasSoManyWorkersAndNoMore();
    void whoHasGoneTakesNoPlaceInTheLine();
    void noForkForWhoHasLeftOverTcp();
    void whoOnlyStopsWritingOverTcpIsServed();

private:
    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_address;
};

void TestFaultsScarcity::init()
{
    QTRY_COMPARE_WITH_TIMEOUT(workersAlive(), 0, 30000); // those of the test before
    m_directory = std::make_unique<QTemporaryDir>();
    m_address = QStringLiteral("unix:") + m_directory->filePath(QStringLiteral("s.socket"));
}

void TestFaultsScarcity::row24_descriptorsRunOut()
{
    Test::ServerProcess
        server; // without a log: UndefinedBehaviorSanitizer makes a pipe for what that calls, and there will be none
    QVERIFY2(server.start(QStringLiteral("/bin/sh"),
                          {QStringLiteral("-c"),
                           QStringLiteral("ulimit -n 64; QT_LOGGING_RULES=prefork.*=false exec \"$0\" --listen \"$1\""),
                           QStringLiteral(ECHO_SERVER), m_address}),
             qPrintable(server.errorString()));
    Connections connections;
    for (int i = 0; i < 200; ++i)
        connections.push_back(std::make_unique<SilentConnection>(m_address));
    Client client(m_address, {.minWorkers = 0, .timeout = 0ms});
    std::optional<QVariant> result;
    client.checkout()->call("pid", {}, [&result](const QVariant &value) { result = value; });
    const qint64 zygote = Test::childrenOf(server.pid()).value(0);
    const auto arrived = [&] { // for as many as there are descriptors
        return std::array{Test::descriptorCount(server.pid()), Test::descriptorCount(zygote),
                          Test::childrenOf(zygote).size()};
    };
    letPass(300ms); // they arrive
    QString disturbance;
    const QDeadlineTimer patience(Test::Patience);
    for (auto before = arrived(), now = before;; before = now) {
        const Test::Rest rest({server.pid(), zygote});
        letPass(2s);
        disturbance = rest.disturbance(200); // some forty in fact
        now = arrived();
        if (now == before || patience.hasExpired()) // else they were still arriving meanwhile
            break;
    }
    QVERIFY2(disturbance.isEmpty(), qPrintable(disturbance));
    QVERIFY(!result);
    QVERIFY(server.isRunning());
    Test::Stopwatch time;
    connections.clear();
    QVERIFY(Test::waitUntil([&] { return result.has_value(); }));
    const Test::Stopwatch::Milliseconds taken = time.stop();
    QVERIFY2(taken <= 1s, qPrintable(QString::number(taken.count())));
    QVERIFY(Test::call(client.checkout(), "pid").result);
}

void TestFaultsScarcity::row18_whoWaitsForAFullServerIsServed()
{
    ServerOptions options;
    options.maxWorkers = 1;
    Server old(zygote, options);
    QVERIFY2(old.listen(m_address), qPrintable(old.errorString()));
    const QString path = old.address().path();
    QLocalSocket holder;
    holder.connectToServer(path);
    QTRY_COMPARE_WITH_TIMEOUT(old.workerCount(), 1, 30000);
    std::vector<std::unique_ptr<QLocalSocket>> clients; // more than a server accepts when it is full
    for (int i = 0; i < 150; ++i) {
        clients.push_back(std::make_unique<QLocalSocket>());
        clients.back()->connectToServer(path);
        clients.back()->write(R"(["do",{},"number"])");
        QVERIFY2(clients.back()->flush(), qPrintable(clients.back()->errorString()));
    }
    options.replace = true;
    Server heir(zygote, options);
    QVERIFY2(heir.listen(m_address), qPrintable(heir.errorString()));
    QTRY_VERIFY_WITH_TIMEOUT(old.isShuttingDown() && !old.isListening(), 30000);
    int served = 0;
    int settled = 0;
    for (const auto &client : clients) {
        connect(client.get(), &QLocalSocket::readyRead, this, [&served, socket = client.get()] {
            served += socket->readAll().startsWith(R"(["ok",)");
            socket->close(); // the next one's turn
        });
        connect(client.get(), &QLocalSocket::disconnected, this, [&settled] { ++settled; });
    }
    holder.close();
    QVERIFY(Test::waitUntilAll([&] { return settled; }, [&] { return int(clients.size()); }));
    QCOMPARE(served, settled);
    QTRY_VERIFY_WITH_TIMEOUT(!old.isShuttingDown(), 30000);
}

void TestFaultsScarcity::row36_aThunderingHerd()
{
    constexpr int Clients = 40;
    constexpr int CallsEach = 10;
    constexpr int Cap = 25;
    ServerOptions options;
    options.maxWorkers = Cap;
    std::vector<std::unique_ptr<Client>> clients;
    int served = 0;
    for (int i = 0; i < Clients; ++i) { // before the server is there
        clients.push_back(
            std::make_unique<Client>(m_address, ClientOptions{.minWorkers = 0, .maxWorkers = 4, .timeout = 0ms}));
        for (int j = 0; j < CallsEach; ++j)
            clients.back()->checkout()->call("pid", {}, [&served](const QVariant &) { ++served; });
    }
    Server server(zygote, options);
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    int most = 0;
    connect(&server, &Server::workerCountChanged, this, [&] { most = std::max(most, server.workerCount()); });
    if (!Test::isNative()) { // idle workers of JSON clients do not leave for others
        for (auto &client : clients)
            client->close(-1ms); // when all its calls have settled
    }
    QVERIFY(Test::waitUntilAll([&] { return served; }, [] { return Clients * CallsEach; }));
    QCOMPARE(served, Clients * CallsEach);
    QVERIFY2(most <= Cap, qPrintable(QString::number(most)));
}

void TestFaultsScarcity::row36_whoIsSlowToCallIsServedAlthoughOthersWait()
{
    if (!Test::isNative())
        QSKIP("workers of JSON clients do not leave by themselves");
    ServerOptions options;
    options.maxWorkers = 1;
    Server server(zygote, options);
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    std::vector<std::unique_ptr<LateCaller>> clients;
    for (int i = 0; i < 3; ++i)
        clients.push_back(std::make_unique<LateCaller>(server.address().path()));
    const auto isServed = [](const auto &client) { return client->isServed(); };
    QVERIFY(Test::waitUntilAll([&] { return std::count_if(clients.begin(), clients.end(), isServed); },
                               [&] { return qsizetype(clients.size()); }));
}

void TestFaultsScarcity::row37_aFloodOfSilentConnections()
{
    ServerOptions options;
    options.maxSilent = 301;
    Server server(zygote, options);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    Connections connections;
    for (int i = 0; i < 300; ++i) {
        connections.push_back(std::make_unique<SilentConnection>(server.address()));
        QVERIFY(connections.back()->isConnected());
    }
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
    QVERIFY(Test::call(client.checkout(), "pid").result);
    QCOMPARE(workersAlive(), 1); // nobody forks for who says nothing
    QCOMPARE(endedOf(connections), 0);
}

void TestFaultsScarcity::row75_newcomersWaitAndNobodyIsClosedForThem()
{
    ServerOptions options;
    options.maxSilent = 50;
    Server server(zygote, options);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    const Test::LogLines warnings("have said nothing");
    QElapsedTimer time;
    time.start();
    Connections connections;
    for (int i = 0; i < 50; ++i)
        connections.push_back(std::make_unique<SilentConnection>(server.address()));
    QVERIFY(Test::waitUntil([&] { return warnings.count() == 1; }));
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1, .timeout = 0ms});
    int served = 0;
    client.checkout()->call("pid", {}, [&served](const QVariant &) { ++served; });
    letPass(300ms);
    QCOMPARE(served, 0);
    connections[17]->say("[\"do\",{},\"pid\"]"); // one speaks
    QVERIFY(Test::waitUntil([&] { return served == 1; }));
    QVERIFY(connections[17]->hears("[\"ok\""));
    connections.push_back(std::make_unique<SilentConnection>(server.address())); // and its place is taken
    letPass(100ms);
    client.recycleWorkers();
    client.checkout()->call("pid", {}, [&served](const QVariant &) { ++served; });
    letPass(100ms);
    QCOMPARE(served, 1);
    connections.erase(connections.begin()); // one leaves
    QVERIFY(Test::waitUntil([&] { return served == 2; }));
    QCOMPARE(endedOf(connections), 0);
    QVERIFY(warnings.count() <= 1 + time.elapsed() / 10'000); // one in ten seconds
}

// Each asks once, and then says nothing, or says nothing at all.
void TestFaultsScarcity::row75_aThousandIdleJsonClients()
{
    constexpr rlim_t Enough = 4096;
    rlimit limit{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < Enough)
        QSKIP("a thousand connections need more descriptors than there may be");
    limit.rlim_cur = std::max(limit.rlim_cur, Enough);
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &limit), 0);
    Test::ServerProcess server;
    QVERIFY2(
        server.start(QStringLiteral(ECHO_SERVER), {QStringLiteral("--listen"), QStringLiteral("tcp://127.0.0.1:0")}),
        qPrintable(server.errorString()));
    const Address address(server.address());
    Connections connections;
    for (int i = 0; i < 1000; ++i)
        connections.push_back(std::make_unique<SilentConnection>(address));
    for (int i = 0; i < 1000; i += 5)
        connections[std::size_t(i)]->say("[\"do\",{},\"pid\"]");
    for (int i = 0; i < 1000; i += 5)
        QVERIFY(connections[std::size_t(i)]->hears("[\"ok\""));
    QCOMPARE(endedOf(connections), 0);
    connections.back()->say("[\"do\",{},\"pid\"]");
    QVERIFY(connections.back()->hears("[\"ok\""));
}

void TestFaultsScarcity::row37_silentConnectionsThatGo()
{
    QTest::failOnWarning(QRegularExpression(QStringLiteral("QSocketNotifier")));
    Server server(zygote);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
    for (int round = 0; round < 5; ++round) {
        Connections connections;
        for (int i = 0; i < 100; ++i)
            connections.push_back(std::make_unique<SilentConnection>(server.address()));
        client.recycleWorkers();
        QVERIFY(Test::call(client.checkout(), "pid").result); // the last to come: all are in
        connections.clear();
        QEventLoop loop; // a real one: the helpers look after deferred deletions
        QTimer::singleShot(Test::Patience, &loop, [&loop] { loop.exit(1); });
        client.checkout()->call("pid", {}, [&loop](const QVariant &) { loop.exit(0); });
        QCOMPARE(loop.exec(), 0);
    }
}

void TestFaultsScarcity::row37_aHelloThatNeverEnds()
{
    ServerOptions options;
    options.helloTimeout = 200ms;
    Server server(zygote, options);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    const QSignalSpy counts(&server, &Server::workerCountChanged);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_port = htons(server.address().port());
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    QCOMPARE(::connect(socket, reinterpret_cast<const sockaddr *>(&place), sizeof place), 0);
    QCOMPARE(::send(socket, "Q]P", 3, MSG_NOSIGNAL), 3);
    QTRY_VERIFY_WITH_TIMEOUT(counts.size() >= 2, 30000); // it has got a worker, and has it no more
    QCOMPARE(server.workerCount(), 0);
    QByteArray heard; // a goodbye, where a hello should be
    char bytes[1000];
    for (ssize_t count = 1; count > 0; heard.append(bytes, std::max<ssize_t>(count, 0)))
        count = ::recv(socket, bytes, sizeof bytes, 0);
    QVERIFY2(heard.startsWith("Q]PF") && heard.contains("exited with status 1"), heard.toHex().constData());
    ::close(socket);
}

void TestFaultsScarcity::row37_aFirstMessageThatNeverEnds()
{
    ServerOptions options;
    options.helloTimeout = 1s; // for the good one to say all it has to say
    Server server(zygote, options);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    const SilentConnection good(server.address());
    good.say("[\"do\",{},");
    good.say("\"pid\"]");
    QVERIFY(good.hears("[\"ok\""));
    Connections others;
    for (const char *const beginning : {"[", " ", "[\"do\",{},\"pid\"", "[\"do\",{},\""}) {
        others.push_back(std::make_unique<SilentConnection>(server.address()));
        others.back()->say(beginning);
    }
    QTRY_COMPARE_WITH_TIMEOUT(endedOf(others), qsizetype(others.size()), 30000);
    QTRY_COMPARE_WITH_TIMEOUT(server.workerCount(), 1, 30000);
    good.say("[\"do\",{},\"pi"); // later messages may take any time
    letPass(1200ms);
    good.say("d\"]");
    QVERIFY(good.hears("[\"ok\""));
}

void TestFaultsScarcity::row38_connectAndGoAway()
{
    ServerOptions options;
    options.maxSpawnRate = 50;
    Server server(zygote, options);
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .maxWorkers = 1, .idleTimeout = 1ms});
    const auto number
        = [&] { return Test::call(client.checkout(), "number").result.value_or(QVariant()).toLongLong(); };
    const qint64 first = number();
    QVERIFY(first > 0);
    QElapsedTimer time;
    time.start();
    int attempts = 0;
    while (time.elapsed() < 1000 || attempts <= 500) { // on a slow machine that takes longer
        for (int i = 0; i < 10; ++i, ++attempts)
            SilentConnection goesAway(m_address);
        QCoreApplication::processEvents();
    }
    client.recycleWorkers();
    const qint64 last = number();
    const double seconds = double(time.elapsed()) / 1000;
    QVERIFY2(last - first <= 50 + 50 * seconds + 1,
             qPrintable(QStringLiteral("%1 workers in %2 s").arg(last - first).arg(seconds)));
}

void TestFaultsScarcity::row39_aWorkersChildKeepsTheConnection()
{
    Client client(zygote, {.minWorkers = 0});
    const CheckoutPtr checkout = client.checkout();
    const qint64 child = Test::call(checkout, "leaveChild").result.value_or(QVariant()).toLongLong();
    QVERIFY(child > 0);
    const Test::Outcome outcome = Test::call(checkout, "exit");
    QVERIFY(outcome.error);
    QCOMPARE(outcome.error->code(), Error::WorkerLost);
    QVERIFY(Test::isRunning(child)); // and it still has the descriptor
    ::kill(pid_t(child), SIGKILL);
}

void TestFaultsScarcity::theLeastRecentlyUsedWorkerMakesRoom()
{
    if (!Test::isNative())
        QSKIP("workers of JSON clients do not leave by themselves");
    ServerOptions options;
    options.maxWorkers = 2;
    Server server(zygote, options);
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    Client owner(m_address, {.minWorkers = 2, .maxWorkers = 2});
    CheckoutPtr one = owner.checkout();
    CheckoutPtr two = owner.checkout();
    const qint64 older = Test::call(one, "pid").result.value_or(QVariant()).toLongLong();
    const qint64 newer = Test::call(two, "pid").result.value_or(QVariant()).toLongLong();
    QVERIFY(older > 0 && newer > 0 && older != newer);
    one.reset();
    QVERIFY(Test::waitUntil([&] { return owner.idleWorkerCount() == 1; }));

    Client other(m_address, {.minWorkers = 0, .maxWorkers = 1});
    QVERIFY(Test::call(other.checkout(), "pid").result);
    QVERIFY(!Test::isRunning(older));
    QCOMPARE(Test::call(two, "pid").result.value_or(QVariant()).toLongLong(), newer); // it was held
    QCOMPARE(owner.workerCount(), 1); // nobody needs the other back yet
    letPass(300ms);
    QCOMPARE(owner.workerCount(), 1);
    one = owner.checkout();
    QVERIFY(Test::call(one, "pid").result); // now somebody does, and the other client's makes room
    QCOMPARE(owner.workerCount(), 2);
    QVERIFY(server.workerCount() <= 2);
}

void TestFaultsScarcity::aUserHasSoManyWorkersAndNoMore()
{
    if (!Test::isNative())
        QSKIP("a JSON client cannot tell that a connection waits for a worker, and keeps its call for it");
    ServerOptions options;
    options.maxWorkersPerUser = 2;
    Server server(zygote, options);
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .maxWorkers = 4, .timeout = 0ms});
    std::vector<CheckoutPtr> checkouts(4);
    int served = 0;
    for (CheckoutPtr &checkout : checkouts) {
        checkout = client.checkout();
        checkout->call("pid", {}, [&served](const QVariant &) { ++served; });
    }
    QVERIFY(Test::waitUntil([&] { return served == 2; }));
    letPass(200ms);
    QCOMPARE(served, 2);
    QCOMPARE(server.workerCount(), 2);
    checkouts.erase(checkouts.begin(), checkouts.begin() + 2);
    QVERIFY(Test::waitUntil([&] { return served == 4; }));
    QVERIFY(server.workerCount() <= 2);
}

void TestFaultsScarcity::whoHasGoneTakesNoPlaceInTheLine()
{
    ServerOptions options;
    options.maxWorkersPerUser = 1;
    Server server(zygote, options);
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    QLocalSocket holder;
    holder.connectToServer(server.address().path());
    QTRY_COMPARE_WITH_TIMEOUT(server.workerCount(), 1, 30000);
    Connections crowd;
    for (int i = 0; i < 20; ++i)
        crowd.push_back(std::make_unique<SilentConnection>(m_address));
    QTRY_VERIFY_WITH_TIMEOUT(crowd.back()->hasEnded(), 30000); // the line is full
    crowd.clear();
    QLocalSocket newcomer;
    newcomer.connectToServer(server.address().path());
    newcomer.write(R"(["do",{},"number"])");
    holder.close();
    QTRY_VERIFY_WITH_TIMEOUT(newcomer.bytesAvailable() > 0 || newcomer.state() != QLocalSocket::ConnectedState, 30000);
    QVERIFY(newcomer.readAll().startsWith(R"(["ok",)"));
}

void TestFaultsScarcity::noForkForWhoHasLeftOverTcp()
{
    ServerOptions options;
    options.maxWorkers = 1;
    Server server(zygote, options);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    SilentConnection first(server.address());
    first.say("[\"do\",{},\"number\"]");
    QByteArray number;
    QVERIFY(first.hears("[\"ok\"", &number));
    const qint64 before = number.mid(number.lastIndexOf(',') + 1).chopped(1).toLongLong();
    Connections others;
    for (int i = 0; i < 20; ++i) {
        others.push_back(std::make_unique<SilentConnection>(server.address()));
        others.back()->say("[\"do\",{},\"number\"]");
    }
    SilentConnection last(server.address());
    last.say("[\"do\",{},\"number\"]");
    letPass(200ms); // all wait
    others.clear(); // with what they wanted unread
    letPass(200ms);
    first.close();
    QVERIFY(last.hears("[\"ok\"", &number));
    QCOMPARE(number.mid(number.lastIndexOf(',') + 1).chopped(1).toLongLong(), before + 1);
}

void TestFaultsScarcity::whoOnlyStopsWritingOverTcpIsServed()
{
    Server server(zygote);
    QVERIFY2(server.listen("tcp://127.0.0.1:0"), qPrintable(server.errorString()));
    for (int i = 0; i < 10; ++i) {
        SilentConnection peer(server.address());
        peer.say("[\"do\",{},\"number\"]");
        peer.stopWriting();
        QVERIFY(peer.hears("[\"ok\""));
    }
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.add("echo", [](const QVariantList &arguments) { return arguments.value(0); });
    interface.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
    interface.add("number", [](const QVariantList &) { return QVariant(Worker::number()); });
    interface.add("exit", [](const QVariantList &) { return ::_exit(0), QVariant(); });
    interface.add("leaveChild", [](const QVariantList &) {
        const pid_t child = ::fork();
        if (child == 0) {
            ::setsid(); // else it would be killed with its worker
            ::pause();
            ::_exit(0);
        }
        while (child > 0 && ::getpgid(child) != child)
            ::usleep(100);
        return QVariant(qint64(child));
    });
    Zygote theZygote(interface);
    zygote = &theZygote;
    QCoreApplication app(argc, argv);
    TestFaultsScarcity test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_faults_scarcity.moc"
