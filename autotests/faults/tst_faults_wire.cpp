// SPDX-License-Identifier: MIT
// What a client may say to a worker that is not the protocol: its own connection ends, with memory in bounds, and
// nobody else notices.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/nativebytes.h"
#include "helpers/protocols.h"

#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>

using namespace Prefork;
using namespace Test;

namespace {

constexpr qsizetype Limit = 1024 * 1024;

QByteArray cborText(const QByteArray &utf8)
{
    return longHead(3, quint32(utf8.size())) + utf8;
}
// Calls of one argument, in the protocol of the run, that is said as it is.
QByteArray rawCall(const QByteArray &method, const QByteArray &argument, quint64 id = 1)
{
    return isNative() ? packet(CallKind, bigEndian(0) + array({map({}), cborText(method), argument}), id)
                      : "[\"do\",{},\"" + method + "\"," + argument + "]";
}
QByteArray greeting()
{
    return isNative() ? hello() : QByteArray();
}
QByteArray inProtocol(const QByteArray &native, const QByteArray &json)
{
    return isNative() ? native : json;
}

// A client that says what it likes.
class RawPeer
{
public:
    explicit RawPeer(const QString &path)
    {
        QObject::connect(&m_socket, &QLocalSocket::readyRead, &m_socket, [this] { m_heard += m_socket.readAll(); });
        m_socket.connectToServer(path);
        say(greeting());
    }
    void say(const QByteArray &bytes) { m_socket.write(bytes); }
    void sayAtOnce(const QByteArray &bytes)
    {
        say(bytes);
        m_socket.flush();
    }
    /// Whether the worker has ended the connection.
    [[nodiscard]] bool isRefused()
    {
        return waitUntil([this] { return m_socket.state() == QLocalSocket::UnconnectedState; });
    }
    /// Waits for the text among the answers.
    [[nodiscard]] bool hears(const QByteArray &text)
    {
        return waitUntil([&] { return m_heard.contains(text) || m_socket.state() == QLocalSocket::UnconnectedState; })
            && m_heard.contains(text);
    }

private:
    QLocalSocket m_socket;
    QByteArray m_heard;
};

}

class FaultsWireTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(m_server.listen("unix:" + path()), qPrintable(m_server.errorString()));
        m_client = std::make_unique<Client>("unix:" + path(), ClientOptions{.minWorkers = 1, .maxWorkers = 1});
        m_checkout = m_client->checkout();
        m_pid = pidOf(m_checkout);
        QVERIFY(m_pid > 0);
    }
    void cleanup() { QCOMPARE(pidOf(m_checkout), m_pid); } // another client's worker
    void cleanupTestCase()
    {
        m_checkout.reset();
        m_client.reset();
        m_server.close();
    }

    void row40_wrongLengths_data()
    {
        addRefused();
        if (isNative()) {
            for (const quint64 length : {quint64(Limit) + 1, quint64(1) << 31, (quint64(1) << 32) - 1})
                QTest::addRow("%llu", static_cast<unsigned long long>(length)) << header(length, CallKind, 1);
            QTest::newRow("zero") << header(0, CallKind, 1);
            QTest::newRow("eight bytes that say 2^63") << bigEndian(quint64(1) << 63);
            QTest::newRow("shorter than its content")
                << header(10, CallKind, 1) + rawCall("echo", text("x")).sliced(16);
            QTest::newRow("longer than its content")
                << header(40, CallKind, 1) + rawCall("echo", text("x")).sliced(16) + QByteArray(40, '\0');
        } else {
            QTest::newRow("no end") << "[\"do\",{},\"" + QByteArray(Limit, 'x');
            QTest::newRow("wrong bracket") << QByteArray(R"(["do",{],"echo",1])");
            QTest::newRow("an end too many") << QByteArray(R"(]["do",{},"echo",1])");
        }
    }
    void row40_wrongLengths()
    {
        QFETCH(QByteArray, bytes);
        RawPeer peer(path());
        peer.say(rawCall("pid", inProtocol(text("x"), "1")));
        peer.say(bytes);
        if (isNative())
            peer.say(QByteArray(64, '\0'));
        QVERIFY(peer.isRefused());
    }
    void row40_splitAndCoalesced()
    {
        const QByteArray call = rawCall("echo", inProtocol(text("unbroken"), R"("unbroken")"));
        for (qsizetype at = 1; at < call.size(); ++at) {
            RawPeer peer(path());
            peer.sayAtOnce(call.first(at));
            QCoreApplication::processEvents();
            peer.sayAtOnce(call.sliced(at));
            QVERIFY(peer.hears("unbroken"));
        }
        RawPeer peer(path());
        for (const char byte : call)
            peer.sayAtOnce(QByteArray(1, byte));
        QByteArray many;
        for (quint64 id = 2; id < 50; ++id)
            many += rawCall("echo", inProtocol(text("x"), R"("x")"), id);
        peer.say(many + rawCall("echo", inProtocol(text("the last"), R"("the last")"), 50));
        QVERIFY(peer.hears("the last"));
    }

    void row41_depthAndBombs_data()
    {
        addRefused();
        const auto deep
            = [](int depth) { return inProtocol(nested(depth), QByteArray(depth, '[') + QByteArray(depth, ']')); };
        for (const int depth : {1024, 1025, 400000})
            QTest::addRow("depth %d", depth) << rawCall("echo", deep(depth));
        if (isNative()) {
            QTest::newRow("indefinite without end") << rawCall("echo", QByteArray(100000, '\x5f'));
            QTest::newRow("tags upon tags") << rawCall("echo", QByteArray(100000, '\xc1'));
            QTest::newRow("a long text cut short") << rawCall("echo", longHead(3, 0x7fffffff));
            QTest::newRow("a long list cut short") << rawCall("echo", longHead(4, 0x7fffffff));
        }
    }
    void row41_depthAndBombs()
    {
        QFETCH(QByteArray, bytes);
        const qint64 before = peakMemory(zygote()->processId());
        RawPeer peer(path());
        peer.say(bytes);
        QVERIFY(peer.isRefused());
        QVERIFY(isSanitized() || peakMemory(zygote()->processId()) - before <= 16 * Limit);
    }

    void row42_brokenText_data()
    {
        addRefused();
        const auto said
            = [](const QByteArray &text) { return rawCall("echo", inProtocol(cborText(text), '"' + text + '"')); };
        QTest::newRow("not UTF-8") << said("a\xff");
        QTest::newRow("overlong") << said("a\xc0\x80");
        QTest::newRow("a surrogate in UTF-8") << said("\xed\xa0\x80");
        QTest::newRow("cut short") << said("\xe2\x82");
        if (!isNative()) {
            QTest::newRow("a lone surrogate, escaped") << said("\\ud800");
            QTest::newRow("a control character") << said("\x01");
        }
    }
    void row42_brokenText()
    {
        QFETCH(QByteArray, bytes);
        RawPeer peer(path());
        peer.say(bytes);
        QVERIFY(peer.isRefused());
    }
    void row42_nulIsACharacter()
    {
        RawPeer peer(path());
        peer.say(rawCall(inProtocol(QByteArray("pi\0d", 4), "pi\\u0000d"), inProtocol(text("x"), "1"),
                         1)); // no method, and no pid
        QVERIFY(peer.hears("NoSuchMethod"));
        QCOMPARE(answer(m_checkout, "echo", {QString::fromLatin1("a\0b", 3)}).toString(),
                 QString::fromLatin1("a\0b", 3));
    }

    // Natively they are refused. Over JSON they may be too, but whoever takes them takes one.
    void row43_duplicateKeys()
    {
        RawPeer peer(path());
        const QByteArray twice = inProtocol(map({text("key"), text("first"), text("key"), text("second")}),
                                            R"({"key":"first","key":"second"})");
        peer.say(rawCall("echo", twice));
        if (isNative())
            QVERIFY(peer.isRefused());
        else
            QVERIFY(peer.hears(R"({"key":"second"})"));
    }

    void row45_versions_data()
    {
        QTest::addColumn<QByteArray>("greeting");
        QTest::addColumn<QByteArray>("call");
        QTest::addColumn<bool>("isServed");
        const QByteArray word = inProtocol(text("word"), R"("word")");
        if (isNative()) {
            const auto greet = [](int version, const QByteArrayList &more = {}) {
                return hello(map(
                    QByteArrayList{text("version"), QByteArray(1, char(version)), text("limit"), longHead(0, 1 << 20)}
                    + more));
            };
            QTest::newRow("newer") << greet(23) << rawCall("echo", word) << true;
            QTest::newRow("older than any") << greet(0) << rawCall("echo", word) << false;
            QTest::newRow("unknown hello field")
                << greet(1, {text("flavour"), text("mint")}) << rawCall("echo", word) << true;
            QTest::newRow("unknown meta key")
                << hello()
                << packet(CallKind, bigEndian(0) + array({map({text("trace"), "\x07"}), text("echo"), word}), 1)
                << true;
            QTest::newRow("unknown kind") << hello() << packet(8, {}, 1) << false;
            QTest::newRow("other preamble") << QByteArray("Q]PG") + hello().sliced(4) << rawCall("echo", word) << false;
        } else {
            QTest::newRow("unknown meta key")
                << QByteArray() << QByteArray(R"(["do",{"trace":7},"echo","word"])") << true;
            QTest::newRow("unknown command") << QByteArray() << QByteArray(R"(["dx",{},"echo","word"])") << false;
            QTest::newRow("neither protocol") << QByteArray() << QByteArray("GET / HTTP/1.0\r\n\r\n") << false;
        }
    }
    void row45_versions()
    {
        QFETCH(QByteArray, greeting);
        QFETCH(QByteArray, call);
        QFETCH(bool, isServed);
        QLocalSocket socket;
        socket.connectToServer(path());
        socket.write(greeting + call);
        QByteArray heard;
        QVERIFY(waitUntil([&] {
            heard += socket.readAll();
            return heard.contains("word") || socket.state() == QLocalSocket::UnconnectedState;
        }));
        QCOMPARE(heard.contains("word"), isServed);
    }

private:
    static void addRefused() { QTest::addColumn<QByteArray>("bytes"); }
    [[nodiscard]] QString path() const { return m_directory.filePath("socket"); }

    QTemporaryDir m_directory;
    Server m_server{zygote()};
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
    qint64 m_pid = 0;
};

PREFORK_TEST_MAIN(FaultsWireTest, addBasics, {.maxMessageSize = Limit})
#include "tst_faults_wire.moc"
