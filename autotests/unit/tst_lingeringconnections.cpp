// SPDX-License-Identifier: MIT
#include "posix/poller_p.h"
#include "posix/socket_p.h"
#include "posix/transfer_p.h"
#include "zygote/lingeringconnections_p.h"

#include "worker/scoreboardpage_p.h"
#include "zygote/zygotetoken_p.h"

#include <QtTest/QTest>

#include <array>

using namespace Prefork;
using namespace Prefork::Internal;
using namespace std::chrono_literals;

namespace {

struct Fixture
{
    Posix::Poller poller;
    LingeringConnections lingering{poller};
    Posix::Fd client;
    Posix::Fd connection;

    Fixture()
    {
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        if (!ends || !poller.open())
            qFatal("no sockets");
        client = std::move(ends->first);
        connection = std::move(ends->second);
    }
    // What the client reads up to the end of file; with a question mark if that is not there yet.
    [[nodiscard]] QByteArray heard() const
    {
        QByteArray all;
        std::array<char, 65536> buffer;
        for (;;) {
            const Posix::Transfer transfer = Posix::readNow(client.get(), buffer);
            if (transfer.status == Posix::Transfer::Done)
                all.append(buffer.data(), transfer.bytes);
            else
                return transfer.status == Posix::Transfer::Closed && transfer.error == 0 ? all : all + '?';
        }
    }
    void poll(std::chrono::nanoseconds timeout = 10s)
    {
        for (const Posix::Poller::Ready &ready : poller.wait(timeout)) {
            QCOMPARE(ZygoteToken::of(ready.token).kind, ZygoteToken::Lingering);
            lingering.onReadable(ZygoteToken::of(ready.token).number);
        }
    }
};

}

class TestLingeringConnections : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theClientHearsTheLastWordsAndTheEnd()
    {
        Fixture f;
        QVERIFY(Posix::writeAll(f.client.get(), "unread"));
        f.lingering.begin(std::move(f.connection), "farewell");
        QVERIFY(!f.lingering.isEmpty());
        QCOMPARE(f.heard(), "farewell");
        QVERIFY(Posix::writeAll(f.client.get(), "nobody listens"));
        f.poll();
        QVERIFY(!f.lingering.isEmpty());
        f.client.reset();
        f.poll();
        QVERIFY(f.lingering.isEmpty());
        QVERIFY(f.poller.wait(0ns).empty());
    }
    void aClientThatIsGoneIsNotWaitedFor()
    {
        Fixture f;
        f.client.reset();
        f.lingering.begin(std::move(f.connection), "farewell");
        QVERIFY(f.lingering.isEmpty());
        QVERIFY(!f.lingering.nextExpiry());
    }
    void aClientThatDoesNotHangUpIsLeftAfterASecond()
    {
        Fixture f;
        const qint64 start = ScoreboardPage::now();
        f.lingering.begin(std::move(f.connection), {});
        const qint64 expiry = f.lingering.nextExpiry().value_or(0);
        QVERIFY(expiry >= start + std::chrono::nanoseconds(1s).count());
        f.lingering.expire(expiry - 1);
        QVERIFY(Posix::writeAll(f.client.get(), "are you there?"));
        f.lingering.expire(expiry);
        QVERIFY(f.lingering.isEmpty());
        QVERIFY(!Posix::writeAll(f.client.get(), "are you there?"));
    }
    void aClientThatDoesNotReadHoldsNobodyUp()
    {
        Fixture f;
        const QByteArray much(65536, 'x');
        while (Posix::writeNow(f.connection.get(), much).status == Posix::Transfer::Done) { }
        f.lingering.begin(std::move(f.connection), "farewell");
        const QByteArray heard = f.heard();
        QVERIFY(heard.endsWith('x') || heard.endsWith("farewell"));
    }
    void aCrowdThatDoesNotHangUpLosesItsOldest()
    {
        Fixture f;
        std::vector<Posix::Fd> clients;
        f.lingering.begin(std::move(f.connection), {});
        for (int i = 0; i < 256; ++i) {
            auto ends = Posix::socketPair(Posix::PairType::Stream);
            QVERIFY(ends);
            f.lingering.begin(std::move(ends->second), {});
            clients.push_back(std::move(ends->first));
        }
        QVERIFY(!Posix::writeAll(f.client.get(), "?"));
        for (const Posix::Fd &client : clients)
            QVERIFY(Posix::writeAll(client.get(), "?"));
    }
    void inAHurryItIsLeftSooner()
    {
        Fixture f;
        f.lingering.begin(std::move(f.connection), "farewell");
        const qint64 now = ScoreboardPage::now();
        f.lingering.hurry(now);
        QVERIFY(f.lingering.nextExpiry());
        QVERIFY(*f.lingering.nextExpiry() - now <= std::chrono::nanoseconds(100ms).count());
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        QVERIFY(ends);
        f.lingering.begin(std::move(ends->second), {});
        f.lingering.expire(*f.lingering.nextExpiry());
        QVERIFY(!Posix::writeAll(f.client.get(), "?"));
        f.lingering.expire(ScoreboardPage::now() + std::chrono::nanoseconds(200ms).count());
        QVERIFY(f.lingering.isEmpty());
        QCOMPARE(f.heard(), QByteArray("farewell"));
    }
    void whereDescriptorsAreFewACrowdIsSmaller()
    {
        Fixture f;
        f.lingering.setMost(1);
        f.lingering.begin(std::move(f.connection), {});
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        QVERIFY(ends);
        f.lingering.begin(std::move(ends->second), {});
        QVERIFY(!Posix::writeAll(f.client.get(), "?"));
        QVERIFY(Posix::writeAll(ends->first.get(), "?"));
    }
};

QTEST_APPLESS_MAIN(TestLingeringConnections)
#include "tst_lingeringconnections.moc"
