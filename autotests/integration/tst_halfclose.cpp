// SPDX-License-Identifier: MIT
// Clients that say that they write no more, and what zygote and worker make of it; and such that do not read.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/nativebytes.h"
#include "helpers/processes.h"
#include "helpers/rawreplies.h"
#include "helpers/rawsocket.h"
#include "helpers/rest.h"
#include "helpers/zygotelog.h"

#include <QtPrefork/Server>
#include <QtPrefork/Worker>

#include <QtCore/QElapsedTimer>
#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QTcpSocket>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

constexpr auto Grace = 1200ms;
constexpr int Flood = 400;
constexpr qsizetype EventSize = 100000;

std::unique_ptr<Zygote> s_slow; // both made before there is an application
std::unique_ptr<Zygote> s_atOnce;

/// A native client that reads when it is told to.
class RawClient
{
    Q_DISABLE_COPY_MOVE(RawClient)

public:
    explicit RawClient(const Address &address)
    {
        if (address.scheme() == Address::Scheme::Unix) {
            m_socket = Test::connectTo(Test::socketAddress(QFile::encodeName(address.path())));
        } else {
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_port = htons(address.port());
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (::connect(m_socket, reinterpret_cast<const sockaddr *>(&to), sizeof to) != 0)
                m_socket = -1;
        }
    }
    ~RawClient() { ::close(m_socket); }
    /// False if there is no room for all of it in time.
    [[nodiscard]] bool write(QByteArrayView bytes)
    {
        while (!bytes.isEmpty() && isReady(POLLOUT)) {
            const ssize_t count
                = ::send(m_socket, bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count > 0)
                bytes = bytes.sliced(count);
        }
        return bytes.isEmpty();
    }
    [[nodiscard]] bool saysThatItIsDone() { return ::shutdown(m_socket, SHUT_WR) == 0; }
    /// The kind, number and payload of the next message; the kind is -1 at the end.
    struct Message
    {
        int kind = -1;
        quint64 id = 0;
        QByteArray payload;
    };
    [[nodiscard]] Message next()
    {
        const QByteArray start = read(16);
        if (start.size() < 16)
            return {};
        const auto length = qFromBigEndian<quint32>(start.constData());
        return {start.at(4), qFromBigEndian<quint64>(start.constData() + 8), read(qsizetype(length))};
    }
    [[nodiscard]] bool greet()
    {
        return write(Test::featuredHello()) && read(4) == "Q]PF" && next().kind == Test::HelloKind;
    }

private:
    // The server is in this thread too.
    [[nodiscard]] bool isReady(short events)
    {
        const QDeadlineTimer patience(Test::Patience);
        pollfd watch{m_socket, events, 0};
        while (::poll(&watch, 1, 1) == 0 && !patience.hasExpired())
            QCoreApplication::processEvents();
        return watch.revents != 0;
    }
    [[nodiscard]] QByteArray read(qsizetype size)
    {
        QByteArray bytes(size, Qt::Uninitialized);
        qsizetype have = 0;
        while (have < size && isReady(POLLIN)) {
            const ssize_t count = ::recv(m_socket, bytes.data() + have, std::size_t(size - have), 0);
            if (count <= 0)
                break;
            have += count;
        }
        return bytes.first(have);
    }

    int m_socket = -1;
};

QByteArray callOf(const QByteArray &method, quint64 id)
{
    return Test::packet(Test::CallKind, Test::bigEndian(1) + Test::array({Test::map({}), Test::text(method)}), id);
}

}

class HalfCloseTest : public QObject
{
    Q_OBJECT

    QTemporaryDir m_directory;

    // One more at each of its rows, unix and tcp.
    [[nodiscard]] std::unique_ptr<Server> serverOf(const QString &kind)
    {
        auto server = std::make_unique<Server>(s_slow.get());
        const bool listens
            = server->listen(kind == u"unix" ? "unix:" + m_directory.filePath("native") : QString("tcp://127.0.0.1:0"));
        return listens ? std::move(server) : nullptr;
    }
    static void addKinds()
    {
        QTest::addColumn<QString>("kind");
        QTest::newRow("unix") << QStringLiteral("unix");
        QTest::newRow("tcp") << QStringLiteral("tcp");
    }

private Q_SLOTS:
    // Long before it would be killed for that.
    void nativelyTheMethodIsTold_data() { addKinds(); }
    void nativelyTheMethodIsTold()
    {
        QFETCH(QString, kind);
        const auto server = serverOf(kind);
        QVERIFY(server);
        RawClient client(server->address());
        QVERIFY(client.greet() && client.write(callOf("untilCanceled", 1) + callOf("pid", 2)));
        QCOMPARE(client.next().kind, Test::BegunKind);
        QVERIFY(client.saysThatItIsDone());
        const RawClient::Message answer = client.next();
        QCOMPARE(answer.kind, Test::ResultKind);
        QCOMPARE(answer.id, quint64(1));
        const RawClient::Message goodbye = client.next();
        QCOMPARE(goodbye.kind, Test::GoodbyeKind);
        QCOMPARE(goodbye.id, quint64(1)); // what was behind it has not begun
        QVERIFY(!goodbye.payload.contains("begun"));
        QCOMPARE(client.next().kind, -1);
    }
    // What it says meanwhile is heard all the same, up to a bound, and of its events none is lost.
    void aClientThatDoesNotReadMakesTheMethodWait_data() { addKinds(); }
    void aClientThatDoesNotReadMakesTheMethodWait()
    {
        QFETCH(QString, kind);
        const auto server = serverOf(kind);
        QVERIFY(server);
        RawClient client(server->address());
        QVERIFY(client.greet() && client.write(callOf("flood", 1) + callOf("pid", 2)));
        QCOMPARE(client.next().kind, Test::BegunKind);
        // More than a unix socket takes that nobody reads from.
        QVERIFY(client.write(Test::packet(Test::CancelKind, {}, 0).repeated(15000)));
        QVERIFY(client.write(Test::packet(Test::CancelKind, {}, 1) + Test::packet(Test::CancelKind, {}, 2)));
        for (int i = 0; i < Flood; ++i) {
            const RawClient::Message event = client.next();
            QCOMPARE(event.kind, Test::EventKind);
            QCOMPARE(event.payload.size(), EventSize + 2 + 6 + 5 + 5);
            QCOMPARE(event.payload.mid(8, 5), Test::longHead(0, quint32(0x10000 + i)));
        }
        const RawClient::Message answer = client.next();
        QCOMPARE(answer.kind, Test::CanceledKind);
        QCOMPARE(answer.payload, Test::canceled(true, 1).sliced(16));
        const RawClient::Message second = client.next();
        QCOMPARE(second.kind, Test::CanceledKind);
        QCOMPARE(second.payload, Test::canceled(false, 2).sliced(16));
    }

    void overUnixTheRepliesStillCome()
    {
        const QTemporaryDir directory;
        Server server(s_atOnce.get());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        QLocalSocket socket;
        socket.connectToServer(directory.filePath("socket"));
        socket.write(R"(["do",{},"pid"]["do",{},"sleep",300]["do",{},"echo","there"])");
        WAIT_FOR(socket.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(socket);
        QVERIFY(pid > 0);
        QCOMPARE(::shutdown(int(socket.socketDescriptor()), SHUT_WR), 0);
        WAIT_COMPARE(socket.state(), QLocalSocket::UnconnectedState);
        QCOMPARE(socket.readAll(), QByteArray(R"(["ok",{},null]["ok",{},"there"])"));
        WAIT_COMPARE(Test::ZygoteLog::about(pid).size(), 1);
        QVERIFY(Test::ZygoteLog::about(pid).first().endsWith("exited with status 0"));
    }
    void overTcpItIsAHangUp()
    {
        Server server(s_atOnce.get());
        QVERIFY(server.listen("tcp://127.0.0.1:0"));
        Test::Gate gate;
        QTcpSocket socket;
        socket.connectToHost(server.address().host(), server.address().port());
        socket.write(R"(["do",{},"pid"])" + Test::rawCall("pass", gate.path().toUtf8()));
        WAIT_FOR(gate.isReached() && socket.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(socket);
        QCOMPARE(::shutdown(int(socket.socketDescriptor()), SHUT_WR), 0);
        WAIT_COMPARE(socket.state(), QTcpSocket::UnconnectedState);
        QCOMPARE(socket.readAll(), QByteArray());
        WAIT_COMPARE(Test::ZygoteLog::about(pid).filter("because its client had hung up").size(), 1);
    }

    void theZygoteSleepsMeanwhile_data()
    {
        QTest::addColumn<bool>("isHalf");
        QTest::newRow("half closed") << true;
        QTest::newRow("closed") << false;
    }
    void theZygoteSleepsMeanwhile()
    {
        QFETCH(bool, isHalf);
        const QTemporaryDir directory;
        Server server(s_slow.get());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        Test::Gate gate;
        QLocalSocket socket;
        socket.connectToServer(directory.filePath("socket"));
        socket.write(R"(["do",{},"pid"])" + Test::rawCall("pass", gate.path().toUtf8()));
        WAIT_FOR(gate.isReached() && socket.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(socket);
        const Test::Rest rest({s_slow->processId()});
        QElapsedTimer time;
        time.start();
        if (isHalf)
            QCOMPARE(::shutdown(int(socket.socketDescriptor()), SHUT_WR), 0);
        else
            socket.abort();
        QCOMPARE(Test::waitForEnd(pid, isHalf ? 1700 : int(Test::Patience.count())), !isHalf);
        QVERIFY(std::chrono::milliseconds(time.elapsed()) >= Grace);
        const QString disturbance = rest.disturbance(50);
        QVERIFY2(disturbance.isEmpty(), qPrintable(disturbance));
    }
};

int main(int argc, char *argv[])
{
    const Test::ZygoteLog log;
    Interface interface;
    Test::addBasics(interface);
    interface.preload([] { Test::ZygoteLog::begin(); });
    interface.add("pass", [](const QVariantList &arguments) {
        return Test::Gate::pass(arguments.value(0).toString()), QVariant();
    });
    interface.add("untilCanceled", [](const QVariantList &) {
        while (!Worker::isCanceled()) { }
        return QVariant();
    });
    interface.add("flood", [](const QVariantList &) {
        for (int i = 0; i < Flood; ++i)
            Worker::emitEvent(QStringLiteral("flood"), {0x10000 + i, QByteArray(EventSize, 'x')});
        return QVariant();
    });
    s_slow = std::make_unique<Zygote>(interface, ZygoteOptions{.abandonedGrace = Grace});
    s_atOnce = std::make_unique<Zygote>(interface, ZygoteOptions{.abandonedGrace = 0ms});
    QCoreApplication app(argc, argv);
    HalfCloseTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto *const zygote : {&s_slow, &s_atOnce})
        Test::killWorkersOf((*zygote)->processId());
    return result;
}

#include "tst_halfclose.moc"
