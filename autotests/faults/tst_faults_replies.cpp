// SPDX-License-Identifier: MIT
// What a worker may answer that is no answer, half of one, or too much of one; and a question that is too long.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/lyingserver.h"

#include <QtCore/QRandomGenerator>

#include <sys/mman.h>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

constexpr qsizetype Limit = 100000;
constexpr Method<int(QByteArray)> measure{"measure"};

QByteArray randomBytes(int count)
{
    QByteArray bytes(count, Qt::Uninitialized);
    QRandomGenerator seeded(1);
    std::generate(bytes.begin(), bytes.end(), [&seeded] { return char(seeded.generate()); });
    return bytes;
}

void fill(Interface &interface)
{
    addBasics(interface);
    interface.add(measure, [](const QByteArray &bytes) { return int(bytes.size()); });
}

// A reply of so many bytes, as the limit counts them.
QByteArray replyOfSize(qsizetype size, quint64 call)
{
    const qsizetype frame = textReply({}, call).size() - (isNative() ? 16 : 0);
    return textReply(QByteArray(size - frame, 'x'), call);
}

}

class FaultsRepliesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row9_garbage_data()
    {
        QTest::addColumn<std::function<QByteArray(quint64)>>("bytes");
        const auto row = [](const char *name, std::function<QByteArray(quint64)> bytes) {
            QTest::newRow(name) << std::move(bytes);
        };
        row("random bytes", [](quint64) { return randomBytes(1000); });
        row("the other protocol", [](quint64 call) {
            return isNative() ? QByteArray(R"(["ok",{},1])").repeated(3) : resultOf("\x01", call);
        });
        if (isNative())
            row("another call's reply", [](quint64 call) { return textReply("wrong", call + 1); });
        row("a reply that says less", [](quint64 call) {
            return isNative() ? packet(ResultKind, array({map({})}), call) : QByteArray(R"(["ok",{}])");
        });
        row("an unknown message",
            [](quint64 call) { return isNative() ? packet(200, {}, call) : QByteArray(R"(["what",{},1])"); });
        row("a reply in the wrong place",
            [](quint64) { return isNative() ? packet(ReleaseKind, {}, 1) : QByteArray(R"({"ok":1})"); });
    }
    void row9_garbage()
    {
        QFETCH(std::function<QByteArray(quint64)>, bytes);
        expectLoss([bytes](QLocalSocket *socket, quint64 call) { socket->write(bytes(call)); }, Error::ProtocolError);
    }
    // The first answers the call; the other is nobody's and must never become the next one's.
    void row9_twoReplies()
    {
        LyingServer server([](QLocalSocket *socket, quint64 call) {
            socket->write(textReply("mine", call) + textReply("nobody's", call));
        });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        QCOMPARE(answer(checkout, "ask").toString(), "mine");
        QCOMPARE(failure(checkout, "ask").code(), Error::ProtocolError);
        QCOMPARE(answer(client.checkout(), "ask").toString(), "mine");
    }
    void row9_aReplyWithoutACall()
    {
        bool isFirst = true;
        LyingServer server([&isFirst](QLocalSocket *socket, quint64 call) {
            socket->write(textReply("mine", call));
            if (std::exchange(isFirst, false))
                QTimer::singleShot(0, socket, [socket, call] { socket->write(textReply("nobody's", call + 1)); });
        });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1});
        QCOMPARE(answer(client.checkout(), "ask").toString(), "mine");
        for (int i = 0; i < 5; ++i) { // one of which may meet the connection's end, but none that reply
            const Outcome outcome = Test::call(client.checkout(), "ask");
            QVERIFY(!outcome.result || outcome.result->toString() == "mine");
            QVERIFY(outcome.result || outcome.error->code() == Error::ProtocolError);
        }
        QCOMPARE(answer(client.checkout(), "ask").toString(), "mine");
    }

    void row10_halfAReplyAndNoMore()
    {
        expectLoss([](QLocalSocket *socket, quint64 call) { socket->write(textReply("half", call).chopped(3)); },
                   Error::Timeout);
    }
    void row10_halfAReplyAndTheEnd()
    {
        expectLoss(
            [](QLocalSocket *socket, quint64 call) {
                socket->write(textReply("half", call).chopped(3));
                socket->flush();
                socket->disconnectFromServer();
            },
            Error::WorkerLost);
    }
    void row10_aReplyByteByByte()
    {
        expectLoss(
            [](QLocalSocket *socket, quint64 call) {
                auto *const drip = new QTimer(socket);
                connect(drip, &QTimer::timeout, socket,
                        [socket, rest = textReply(QByteArray(1000, 'x'), call)]() mutable {
                            socket->write(rest.first(1));
                            rest.remove(0, 1);
                        });
                drip->start(20ms);
            },
            Error::Timeout);
    }

    void row11_repliesOfAboutTheLimit_data()
    {
        QTest::addColumn<qsizetype>("size");
        QTest::addColumn<bool>("isTaken");
        QTest::newRow("one less") << Limit - 1 << true;
        QTest::newRow("the limit") << Limit << true;
        QTest::newRow("one more") << Limit + 1 << false;
    }
    void row11_repliesOfAboutTheLimit()
    {
        QFETCH(qsizetype, size);
        QFETCH(bool, isTaken);
        LyingServer server([size](QLocalSocket *socket, quint64 call) { socket->write(replyOfSize(size, call)); });
        Client client(server.address(),
                      {.minWorkers = 1, .maxWorkers = 1, .timeout = Patience, .maxMessageSize = Limit});
        const Outcome outcome = Test::call(client.checkout(), "ask");
        QCOMPARE(outcome.result.has_value(), isTaken);
        if (!isTaken)
            QCOMPARE(outcome.error->code(), Error::ProtocolError);
    }
    // Natively its header says so. JSON has no headers: there it is seen when the limit has come.
    void row11_aReplyOfAGigabyte()
    {
        if (isSanitized())
            QSKIP("the sanitizer takes memory of its own");
        LyingServer server([](QLocalSocket *socket, quint64 call) {
            if (isNative()) {
                socket->write(header(1024 * 1024 * 1024, ResultKind, call));
                return;
            }
            socket->write("[\"ok\",{},\"");
            const auto pour = [socket] {
                if (socket->bytesToWrite() == 0)
                    socket->write(QByteArray(1000, 'x'));
            };
            connect(socket, &QLocalSocket::bytesWritten, socket, pour);
            pour();
        });
        Client client(
            server.address(),
            {.minWorkers = 1, .maxWorkers = 1, .maxMessageSize = isNative() ? ClientOptions().maxMessageSize : Limit});
        WAIT_COMPARE(client.workerCount(), 1);
        resetPeakMemory();
        const qint64 before = peakMemory(::getpid());
        QVERIFY(before > 0);
        const Error error = failure(client.checkout(), "ask");
        const qint64 growth = peakMemory(::getpid()) - before;
        QCOMPARE(error.code(), Error::ProtocolError);
        QVERIFY2(growth < 1024 * 1024, qPrintable(QString::number(growth)));
    }

    void row12_aCallOfAGigabyte()
    {
        constexpr std::size_t Size = 1024 * 1024 * 1024;
        // Of the kernel's one page of zeros, so that only copies would take memory.
        void *const zeros = ::mmap(nullptr, Size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        QVERIFY(zeros != MAP_FAILED);
        const auto unmap = qScopeGuard([&] { ::munmap(zeros, Size); });
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = pidOf(checkout);
        resetPeakMemory();
        const qint64 before = peakMemory(::getpid());
        Error caught;
        frameTry(
            [&] {
                checkout->call(measure, QByteArray::fromRawData(static_cast<const char *>(zeros), Size), [](int) { });
            },
            [&caught](const Error &error) { caught = error; });
        WAIT_FOR(caught.code() != Error::NoError);
        QCOMPARE(caught.code(), Error::BadArguments);
        const qint64 growth = peakMemory(::getpid()) - before;
        QVERIFY2(isSanitized() || growth < 1024 * 1024, qPrintable(QString::number(growth)));
        QCOMPARE(pidOf(checkout), pid); // nothing has left
        QCOMPARE(answer(checkout, "count").toInt(), 3);
    }
    void row12_aCallAboveTheLimit()
    {
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .maxMessageSize = Limit});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = pidOf(checkout);
        QCOMPARE(failure(checkout, "echo", {QString(Limit, 'x')}).code(), Error::BadArguments);
        QCOMPARE(answer(checkout, "echo", {QString(Limit / 2, 'x')}).toString().size(), Limit / 2);
        QCOMPARE(pidOf(checkout), pid);
    }
    void row12_moreCallsThanMayWait()
    {
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .maxBytesToWrite = 10 * Limit});
        const qint64 pid = pidOf(client.checkout());
        QVERIFY(stop(pid));
        Ledger ledger;
        for (int i = 0; i < 100; ++i)
            ledger.call(client.checkout(), "echo", {QString(Limit, 'x')});
        QVERIFY(client.bytesToWrite() <= 10 * Limit);
        QVERIFY(waitUntil([&] { return ledger.failed(Error::QueueFull) >= 89; }));
        QCOMPARE(::kill(pid_t(pid), SIGCONT), 0);
        QVERIFY(ledger.wait());
        QVERIFY(ledger.isEachSettledOnce());
        QCOMPARE(ledger.served() + ledger.failed(Error::QueueFull), 100);
        QVERIFY(ledger.served() >= 9);
    }

private:
    // A call gets this, its checkout for good; others have a connection of their own.
    static void expectLoss(const LyingServer::Answer &lie, Error::Code code)
    {
        const QLocalSocket *liar = nullptr; // which lies once, and then says nothing more
        LyingServer server([&](QLocalSocket *socket, quint64 call) {
            if (!liar)
                lie(socket, call);
            if (!liar)
                liar = socket;
            else if (socket != liar)
                socket->write(textReply("well", call));
        });
        Client client(server.address(),
                      {.minWorkers = 1, .maxWorkers = 1, .timeout = code == Error::Timeout ? 1s : Patience});
        const CheckoutPtr checkout = client.checkout();
        Ledger ledger;
        ledger.call(checkout, "ask");
        ledger.call(checkout, "ask");
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.failed(code), 1);
        QCOMPARE(ledger.canceled(), 1);
        QCOMPARE(failure(checkout, "ask").code(), code);
        QVERIFY(ledger.isEachSettledOnce());
        QCOMPARE(answer(client.checkout({.timeout = Patience}), "ask").toString(), "well");
    }
};

PREFORK_TEST_MAIN(FaultsRepliesTest, fill)
#include "tst_faults_replies.moc"
