// SPDX-License-Identifier: MIT
// A peer that breaks the native protocol loses its connection. Nobody else notices.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/nativebytes.h"
#include "helpers/rawsocket.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QCborArray>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

using namespace Prefork;
using namespace Test;

namespace {

constexpr qint64 MiB = 1024 * 1024;
constexpr qint64 Limit = 8 * MiB;
constexpr Method<int(QString)> number{"number"};

// A client that says what it likes, on a connection to a worker of ours.
class RawClient
{
public:
    explicit RawClient(const QString &path)
    {
        QObject::connect(&m_socket, &QLocalSocket::readyRead, &m_socket, [this] { m_heard += m_socket.readAll(); });
        m_socket.connectToServer(path);
        say(hello());
    }
    void say(const QByteArray &bytes) { m_socket.write(bytes); }
    [[nodiscard]] bool isOpen() const { return m_socket.state() != QLocalSocket::UnconnectedState; }
    /// The next message that is no hello, taken apart; an invalid value if the connection ends before.
    [[nodiscard]] QCborValue answer()
    {
        QByteArray payload;
        if (!waitUntil([&] { return !payload.isEmpty() || take(&payload) || !isOpen(); }))
            return {};
        return QCborValue::fromCbor(payload).toArray().at(1);
    }

private:
    bool take(QByteArray *payload)
    {
        if (!m_isGreeted && m_heard.size() >= 4)
            m_isGreeted = !m_heard.remove(0, 4).isNull();
        while (m_heard.size() >= 16) {
            const auto length = qFromBigEndian<quint32>(m_heard.constData());
            if (quint32(m_heard.size()) < 16 + length)
                break;
            const int kind = m_heard.at(4);
            *payload = m_heard.sliced(16, length);
            m_heard.remove(0, 16 + length);
            if (kind != HelloKind)
                return true;
            payload->clear();
        }
        return false;
    }

    QLocalSocket m_socket;
    QByteArray m_heard;
    bool m_isGreeted = false;
};

// A server that greets like a worker, and answers calls of number(TEXT): bad ones with bytes of one's choice, others
// when it is told to.
class RawServer
{
public:
    explicit RawServer(const QString &path, const QByteArray &greeting = hello())
    {
        QObject::connect(&m_server, &QLocalServer::newConnection, &m_server, [this, greeting] {
            QLocalSocket *const socket = m_server.nextPendingConnection();
            socket->write(greeting);
            QObject::connect(socket, &QLocalSocket::readyRead, socket, [this, socket] { serve(socket); });
        });
        if (!m_server.listen(path))
            qWarning("no server");
    }
    void answerBad(std::function<QByteArray(quint64 id)> answer) { m_bad = std::move(answer); }
    [[nodiscard]] bool isWaiting() const { return m_waiting; }
    void answerWaiting() { m_waiting->write(resultOf("\x07", m_waitingId)); }
    /// Says something on the connection of the call that waits.
    void sayToWaiting(const std::function<QByteArray(quint64 id)> &what) { m_waiting->write(what(m_waitingId)); }
    [[nodiscard]] bool hasHeard(const QByteArray &bytes) const { return m_heard.contains(bytes); }

private:
    // One call at a time comes, and in one piece.
    void serve(QLocalSocket *socket)
    {
        const QByteArray bytes = socket->readAll();
        m_heard += bytes;
        if (const qsizetype at = bytes.lastIndexOf(text("number")); at >= 16 + 8 + 2) {
            const auto id = qFromBigEndian<quint64>(bytes.constData() + at - 2 - 8 - 8);
            if (bytes.contains("bad")) {
                socket->write(m_bad(id));
            } else {
                m_waiting = socket;
                m_waitingId = id;
            }
        }
    }

    QLocalServer m_server;
    std::function<QByteArray(quint64)> m_bad;
    QPointer<QLocalSocket> m_waiting;
    quint64 m_waitingId = 0;
    QByteArray m_heard;
};

// A worker that says the same of its first call for ever, in a thread of its own: it never waits for this program.
class EndlessTalker
{
    Q_DISABLE_COPY_MOVE(EndlessTalker)

public:
    EndlessTalker(const QString &path, const QByteArray &message)
        : m_listener(listenAt(socketAddress(path.toUtf8())))
        , m_thread([this, message] { talk(message); })
    {
    }
    ~EndlessTalker()
    {
        m_isOver = true;
        ::shutdown(m_listener, SHUT_RDWR);
        m_thread.join();
        ::close(m_listener);
    }

private:
    void talk(const QByteArray &message)
    {
        const int connection = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        const QByteArray greeting = featuredHello();
        bool goesOn = ::send(connection, greeting.constData(), std::size_t(greeting.size()), MSG_NOSIGNAL) > 0;
        QByteArray heard;
        while (goesOn && !heard.contains(text("number"))) { // its hello comes first
            std::array<char, 1024> bytes;
            const ssize_t count = ::recv(connection, bytes.data(), bytes.size(), 0);
            heard.append(bytes.data(), std::max<ssize_t>(count, 0));
            goesOn = count > 0;
        }
        const QByteArray flood = message.repeated(1000);
        while (goesOn && !m_isOver)
            goesOn = ::send(connection, flood.constData(), std::size_t(flood.size()), MSG_NOSIGNAL) > 0;
        ::close(connection);
    }

    const int m_listener;
    std::atomic<bool> m_isOver{false};
    std::thread m_thread;
};

Outcome callNumber(const CheckoutPtr &checkout, const QString &argument)
{
    const auto outcome = std::make_shared<Outcome>();
    frameTry([&] { checkout->call(number, argument, [outcome](int result) { outcome->result = result; }); },
             [outcome](const Error &error) { outcome->error = error; });
    [[maybe_unused]] const bool hasSettled = waitUntil([&] { return outcome->result || outcome->error; });
    return *outcome;
}

qint64 peakMemory(qint64 pid)
{
    const QByteArray status = procFile(pid, "status");
    const qsizetype at = status.indexOf("VmHWM:");
    return at < 0 ? -1 : status.sliced(at + 6, status.indexOf("kB", at) - at - 6).trimmed().toLongLong() * 1024;
}

}

/// Knows how many were read.
struct Counted
{
    Q_GADGET
    Q_PROPERTY(int number READ number WRITE setNumber)

public:
    static inline int s_read = 0;

    [[nodiscard]] int number() const { return m_number; }
    void setNumber(int number)
    {
        m_number = number;
        ++s_read;
    }

private:
    int m_number = 0;
};

class NativeHostilePeersTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QVERIFY2(m_server.listen("unix:" + path()), qPrintable(m_server.errorString())); }

    void aWorkerEndsAndTheOthersGoOn_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("a second preamble") << hello();
        QTest::newRow("zeros") << QByteArray(1000, '\0');
        QTest::newRow("an unknown kind") << packet(200, {});
        QTest::newRow("too long") << header(quint64(Limit) + 1, CallKind, 2);
        QTest::newRow("a call without a group") << packet(CallKind, {}, 2);
        QTest::newRow("a call of nothing") << packet(CallKind, bigEndian(0) + "\x80", 2);
        QTest::newRow("deep") << echoCall(nested(65), 2);
        QTest::newRow("cut off") << echoCall("\x18", 2);
        QTest::newRow("a cancel that was not agreed on") << packet(CancelKind, {}, 1);
        QTest::newRow("an event") << eventOf("x", {}, 1);
    }
    void aWorkerEndsAndTheOthersGoOn()
    {
        QFETCH(QByteArray, bytes);
        Client client("unix:" + path(), {.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = pidOf(checkout);
        RawClient bad(path());
        bad.say(echoCall(text("fine"), 1));
        QCOMPARE(bad.answer().toString(), QStringLiteral("fine"));
        bad.say(bytes);
        QVERIFY(waitUntil([&] { return !bad.isOpen(); }));
        QVERIFY(bad.answer().isUndefined());
        QCOMPARE(pidOf(checkout), pid);
        RawClient next(path());
        next.say(echoCall(text("fine"), 1));
        QCOMPARE(next.answer().toString(), QStringLiteral("fine"));
    }

    void aCallFailsAndTheOthersGoOn_data()
    {
        QTest::addColumn<std::function<QByteArray(quint64)>>("answer");
        QTest::addColumn<Error::Code>("code");
        QTest::addColumn<QString>("message");
        QTest::addColumn<QByteArray>("greeting");
        QByteArray greeting = hello();
        const auto row = [&greeting](const char *name, Error::Code code, const QString &message,
                                     std::function<QByteArray(quint64)> answer) {
            QTest::newRow(name) << std::move(answer) << code << message << greeting;
        };
        row("unknown id", Error::ProtocolError, "a reply nobody asked for",
            [](quint64 id) { return resultOf("\x07", id + 1); });
        row("no id", Error::ProtocolError, "a reply nobody asked for", [](quint64) { return resultOf("\x07", 0); });
        row("earlier id", Error::ProtocolError, "a reply nobody asked for",
            [](quint64 id) { return resultOf("\x07", id + 99) + resultOf("\x07", id); });
        row("wrong type", Error::WorkerError, "of the wrong type: a string",
            [](quint64 id) { return resultOf(text("x"), id); });
        row("malformed result", Error::ProtocolError, "malformed CBOR",
            [](quint64 id) { return resultOf("\xff", id); });
        row("malformed error", Error::ProtocolError, "a malformed error",
            [](quint64 id) { return packet(FailureKind, "\x01", id); });
        row("unknown kind", Error::ProtocolError, "unknown kind 200", [](quint64 id) { return packet(200, {}, id); });
        row("too long", Error::ProtocolError, "where 8388608 are allowed",
            [](quint64 id) { return header(quint64(Limit) + 1, ResultKind, id); });
        row("second hello", Error::ProtocolError, "a second hello", [](quint64) { return hello().sliced(4); });
        // It is the last word: what comes after it is not even looked at.
        row("goodbye and garbage", Error::WorkerLost, "suddenly died", [](quint64 id) {
            return packet(GoodbyeKind, map({text("cause"), text("fell asleep")}), id) + QByteArray(100, '\xff');
        });
        row("malformed goodbye", Error::ProtocolError, "a malformed goodbye",
            [](quint64 id) { return packet(GoodbyeKind, "\x01", id); });
        row("an event that was not agreed on", Error::ProtocolError, "unknown kind 8",
            [](quint64 id) { return eventOf("tick", {}, id) + resultOf("\x07", id); });
        row("progress that was not agreed on", Error::ProtocolError, "unknown kind 9",
            [](quint64 id) { return progressOf({"\x01", "\x02", text("")}, id) + resultOf("\x07", id); });
        row("canceled, which was not agreed on", Error::ProtocolError, "unknown kind 11",
            [](quint64 id) { return canceled(true, id); });
        row("begun, which was not agreed on", Error::ProtocolError, "unknown kind 12",
            [](quint64 id) { return packet(BegunKind, {}, id) + resultOf("\x07", id); });

        row("a goodbye that names the call as begun, and none as the last", Error::WorkerLost, "suddenly died",
            [](quint64 id) { return packet(GoodbyeKind, map({text("begun"), array({QByteArray(1, char(id))})}), 0); });
        row("a goodbye that names too many", Error::ProtocolError, "a malformed goodbye", [](quint64 id) {
            return packet(GoodbyeKind, map({text("begun"), longHead(4, 65) + QByteArray(65, '\x01')}), id);
        });

        greeting = featuredHello();
        const QString notRunning = "an event of a call that cannot be running";
        row("an event of a later call", Error::ProtocolError, notRunning,
            [](quint64 id) { return eventOf("tick", {}, id + 1) + resultOf("\x07", id); });
        row("an event of no call", Error::ProtocolError, notRunning,
            [](quint64 id) { return eventOf("tick", {}, 0) + resultOf("\x07", id); });
        row("progress of a later call", Error::ProtocolError, notRunning,
            [](quint64 id) { return progressOf({"\x01", "\x02", text("")}, id + 1) + resultOf("\x07", id); });
        row("a later call begun", Error::ProtocolError, notRunning,
            [](quint64 id) { return packet(BegunKind, {}, id + 1) + resultOf("\x07", id); });
        row("canceled, though nobody canceled", Error::ProtocolError, "a call canceled that nobody canceled",
            [](quint64 id) { return canceled(true, id); });
        row("another call canceled", Error::ProtocolError, "a reply nobody asked for",
            [](quint64 id) { return canceled(false, id + 1); });
        row("a malformed event", Error::ProtocolError, "malformed event",
            [](quint64 id) { return packet(EventKind, "\x01", id); });
        row("malformed progress", Error::ProtocolError, "malformed progress",
            [](quint64 id) { return progressOf({"\x01"}, id); });
        row("a cancel from a worker", Error::ProtocolError, "unknown kind 10",
            [](quint64 id) { return packet(CancelKind, {}, id); });
        row("a log, which is reserved", Error::ProtocolError, "unknown kind 13",
            [](quint64 id) { return packet(13, {}, id); });
    }
    void aCallFailsAndTheOthersGoOn()
    {
        QFETCH(std::function<QByteArray(quint64)>, answer);
        QFETCH(Error::Code, code);
        QFETCH(QString, message);
        QFETCH(QByteArray, greeting);
        QTemporaryDir directory;
        RawServer server(directory.filePath("socket"), greeting);
        server.answerBad(answer);
        Client client("unix:" + directory.filePath("socket"),
                      {.minWorkers = 2, .maxWorkers = 2, .maxMessageSize = Limit, .protocol = Protocol::Native});
        const CheckoutPtr good = client.checkout();
        std::optional<int> result;
        good->call(number, "good", [&result](int value) { result = value; });
        QVERIFY(waitUntil([&] { return server.isWaiting(); }));

        const Outcome bad = callNumber(client.checkout(), "bad");
        QVERIFY(bad.error);
        QVERIFY2(bad.error->message().contains(message), qPrintable(bad.error->message()));
        QCOMPARE(bad.error->code(), code);
        QVERIFY(!result);
        server.answerWaiting();
        QVERIFY(waitUntil([&] { return result || good->error(); }));
        QCOMPARE(result, std::optional(7));
    }

    // What a worker says of a call is nothing wrong just because the call was canceled meanwhile.
    void aCancelCrossesWhatTheWorkerSays_data()
    {
        QTest::addColumn<std::function<QByteArray(quint64)>>("answer");
        using Answer = std::function<QByteArray(quint64)>;
        QTest::newRow("result") << Answer([](quint64 id) { return resultOf("\x07", id); });
        QTest::newRow("result of another type") << Answer([](quint64 id) { return resultOf(text("x"), id); });
        QTest::newRow("error") << Answer(
            [](quint64 id) { return packet(FailureKind, array({map({}), text("x")}), id); });
        QTest::newRow("events and canceled") << Answer([](quint64 id) {
            return eventOf("tick", {"\x01"}, id) + progressOf({"\x01", "\x02", text("")}, id) + canceled(true, id);
        });
        QTest::newRow("canceled before it began") << Answer([](quint64 id) { return canceled(false, id); });
    }
    void aCancelCrossesWhatTheWorkerSays()
    {
        QFETCH(std::function<QByteArray(quint64)>, answer);
        QTemporaryDir directory;
        RawServer server(directory.filePath("socket"), featuredHello());
        Client client("unix:" + directory.filePath("socket"),
                      {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true, .protocol = Protocol::Native});
        int heard = 0;
        constexpr Event<int> tick{"tick"};
        const CheckoutPtr checkout = client.checkout();
        Call call = checkout->with({})
                        .on(tick, [&](int) { ++heard; })
                        .onProgress([&](const Progress &) { ++heard; })
                        .call(number, "good", [&](int) { ++heard; }, [&](const Error &) { ++heard; });
        QVERIFY(waitUntil([&] { return server.isWaiting(); }));
        QVERIFY(call.cancel());
        QVERIFY(waitUntil([&] { return call.isSettled() && server.hasHeard(packet(CancelKind, {}, 1)); }));
        server.sayToWaiting(answer);
        QString outcome;
        checkout->call(
            number, "good", [&](int value) { outcome = QString::number(value); },
            [&](const Error &error) { outcome = error.detail(); });
        QVERIFY(waitUntil([&] { return server.hasHeard(bigEndian(2)); }));
        server.answerWaiting();
        QVERIFY(waitUntil([&] { return !outcome.isEmpty(); }));
        // An error drops what was sent behind it, whoever wanted to know of it.
        QCOMPARE(outcome, QTest::currentDataTag() == QByteArray("error") ? "x" : "7");
        QVERIFY(!checkout->error());
        QCOMPARE(heard, 0);
    }
    void aSecondAnswerToACanceledCallEndsTheConnection()
    {
        QTemporaryDir directory;
        RawServer server(directory.filePath("socket"), featuredHello());
        Client client("unix:" + directory.filePath("socket"),
                      {.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const CheckoutPtr checkout = client.checkout();
        Call call = checkout->call(number, "good");
        QVERIFY(waitUntil([&] { return server.isWaiting(); }));
        QVERIFY(call.cancel());
        QVERIFY(waitUntil([&] { return call.isSettled(); }));
        server.sayToWaiting([](quint64 id) { return canceled(true, id) + canceled(true, id); });
        std::optional<Error> error;
        checkout->call(number, "good", nullptr, [&error](const Error &e) { error = e; });
        QVERIFY(waitUntil([&] { return error.has_value(); }));
        QCOMPARE(error->code(), Error::ProtocolError);
    }
    // A worker that never comes to an end of what it says is stopped by a time-out like any other, and the event loop
    // turns meanwhile.
    void aFloodOfEventsKeepsNobodyFromTheirTurn()
    {
        QTemporaryDir directory;
        RawServer server(directory.filePath("socket"), featuredHello());
        Client client(
            "unix:" + directory.filePath("socket"),
            {.minWorkers = 1, .maxWorkers = 1, .timeout = std::chrono::seconds(2), .protocol = Protocol::Native});
        std::optional<Error> error;
        qint64 heard = 0;
        constexpr Event<> noise{"noise"};
        client.with({}).on(noise, [&heard] { ++heard; }).call(number, "good", nullptr, [&error](const Error &e) {
            error = e;
        });
        QVERIFY(waitUntil([&] { return server.isWaiting(); }));
        int turns = 0;
        QTimer flood;
        connect(&flood, &QTimer::timeout, this, [&] {
            ++turns;
            server.sayToWaiting([](quint64 id) {
                return eventOf("noise", {}, id).repeated(10'000)
                    + progressOf({"\x01", "\x02", text("")}, id).repeated(10'000);
            });
        });
        flood.start(0);
        QVERIFY(waitUntil([&] { return error.has_value(); }));
        flood.stop();
        QCOMPARE(error->code(), Error::Timeout);
        QVERIFY2(heard > 0 && turns > 1, qPrintable(QStringLiteral("%1 events in %2 turns").arg(heard).arg(turns)));
    }

    // Nor does it keep a time-out waiting: what comes after that is not waited for, however fast it comes, and however
    // slow the handlers are.
    void whoTalksForEverIsStopped_data()
    {
        QTest::addColumn<QByteArray>("message");
        QTest::addColumn<int>("timeout");
        QTest::addColumn<int>("runTimeout");
        QTest::addColumn<int>("handlerTime"); // in microseconds
        const QByteArray event = eventOf("noise", {}, 1);
        const QByteArray progress = progressOf({"\x01", "\x02", text("")}, 1);
        const QByteArray begun = packet(BegunKind, {}, 1);
        QTest::newRow("events, time-out") << event << 300 << 0 << 0;
        QTest::newRow("progress, time-out") << progress << 300 << 0 << 0;
        QTest::newRow("begun, time-out") << begun << 300 << 0 << 0;
        QTest::newRow("events, time of the run") << begun + event << 0 << 300 << 0;
        QTest::newRow("begun, time of the run") << begun << 0 << 300 << 0;
        QTest::newRow("never begun, time of the run") << event << 0 << 300 << 0;
        QTest::newRow("events, slow handlers") << event << 300 << 0 << 5000;
    }
    void whoTalksForEverIsStopped()
    {
        QFETCH(QByteArray, message);
        QFETCH(int, timeout);
        QFETCH(int, runTimeout);
        QFETCH(int, handlerTime);
        QTemporaryDir directory;
        const EndlessTalker talker(directory.filePath("socket"), message);
        Client client("unix:" + directory.filePath("socket"),
                      {.minWorkers = 1,
                       .maxWorkers = 1,
                       .timeout = std::chrono::milliseconds(timeout),
                       .protocol = Protocol::Native});
        constexpr Event<> noise{"noise"};
        std::optional<Error> error;
        client.with({.runTimeout = std::chrono::milliseconds(runTimeout)})
            .on(noise, [&] { std::this_thread::sleep_for(std::chrono::microseconds(handlerTime)); })
            .call(number, "x", nullptr, [&error](const Error &e) { error = e; });
        QVERIFY(waitUntil([&] { return error.has_value(); }));
        QCOMPARE(error->code(), Error::Timeout);
    }

    // Each event has several handlers, and there is time for hardly one in a turn.
    void whatSlowHandlersHaveNotHeardDoesNotPileUp()
    {
        QTemporaryDir directory;
        const EndlessTalker talker(directory.filePath("socket"), eventOf("noise", {map({text("number"), "\x01"})}, 1));
        Client client("unix:" + directory.filePath("socket"),
                      {.minWorkers = 1,
                       .maxWorkers = 1,
                       .protocol = Protocol::Native,
                       .readBudget = std::chrono::milliseconds(1)});
        constexpr Event<Counted> noise{"noise"};
        int heard = 0;
        int most = 0;
        const auto hear = [&](const Counted &) {
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
            ++heard;
            most = std::max(most, Counted::s_read - heard);
        };
        Counted::s_read = 0;
        const Call call
            = client.with({}).on(noise, hear).on(noise, hear).on(noise, hear).on(noise, hear).call(number, "x");
        QVERIFY(waitUntil([&] { return heard > 200; }));
        QVERIFY(!call.isSettled());
        QVERIFY2(most < 50, qPrintable(QString::number(most)));
    }

    void aWorkersMemoryIsBounded_data()
    {
        QTest::addColumn<QByteArray>("call");
        QTest::addColumn<bool>("isServed");
        const auto call = [](const QByteArrayList &arguments, quint64 count) {
            return packet(CallKind,
                          bigEndian(0) + longHead(4, quint32(2 + count)) + map({}) + text("count") + arguments.join(),
                          2);
        };
        const qsizetype room = Limit - 100;
        const auto list = [](qsizetype count, const QByteArray &item) {
            return longHead(4, quint32(count)) + item.repeated(count);
        };
        const auto row = [&](const char *name, const QByteArray &item, bool isServed) {
            QTest::newRow(name) << call({list(room / item.size(), item)}, 1) << isServed;
        };
        row("numbers", "\x01", true);
        row("empty lists", "\x80", true);
        row("empty maps", "\xa0", true);
        row("empty texts", "\x60", true);
        row("texts of one", "\x61\x61", true);
        row("lists of one", "\x81\x01", true);
        row("maps of one", "\xa1\x60\x01", true);
        row("lists in lists", nested(62), true);
        row("maps in maps", QByteArray("\xa1\x60").repeated(62) + '\x01', false); // 80 bytes for each
        row("dates", QByteArray("\xc1\x00", 2), true);
        row("addresses", "\xd8\x20\x61\x61", false); // 68
        row("endless lists", "\x9f\x01\xff", true);
        QTest::newRow("arguments") << call({QByteArray(room, '\x01')}, quint64(room)) << true;
        QTest::newRow("an endless list") << call({'\x9f' + QByteArray(room, '\x01') + '\xff'}, 1) << true;
    }
    void aWorkersMemoryIsBounded()
    {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        QSKIP("the sanitizer takes memory of its own");
#endif
        QFETCH(QByteArray, call);
        QFETCH(bool, isServed);
        RawClient peer(path());
        peer.say(packet(CallKind, bigEndian(0) + array({map({}), text("pid")}), 1));
        const qint64 pid = peer.answer().toInteger();
        const qint64 before = peakMemory(pid);
        QVERIFY(before > 0);
        peer.say(call);
        const QCborValue answer = peer.answer();
        const qint64 after = peakMemory(pid);
        QCOMPARE(answer.isInteger(), isServed);
        QVERIFY(isServed || answer.toString().contains("maxDecodedSize"));
        QVERIFY2(after - before <= 64 * Limit + 32 * MiB, qPrintable(QString::number((after - before) / MiB)));
        QVERIFY(!isServed || after - before >= Limit); // else the record is not what it seems
        peer.say(packet(CallKind, bigEndian(0) + array({map({}), text("pid")}), 3)); // all that it costs is the call
        QCOMPARE(peer.answer().toInteger(), pid);
    }

private:
    [[nodiscard]] QString path() const { return m_directory.filePath("socket"); }

    QTemporaryDir m_directory;
    Server m_server{zygote()};
};

int main(int argc, char *argv[])
{
    return runWithZygote<NativeHostilePeersTest>(argc, argv, addBasics,
                                                 {.hungTimeout = std::chrono::seconds(30), .maxMessageSize = Limit});
}
#include "tst_native_hostilepeers.moc"
