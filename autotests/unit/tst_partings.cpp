// SPDX-License-Identifier: MIT
#include "posix/poller_p.h"
#include "posix/socket_p.h"
#include "posix/transfer_p.h"
#include "zygote/partings_p.h"

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
    Partings partings{poller};
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
            QCOMPARE(ZygoteToken::of(ready.token).kind, ZygoteToken::Parting);
            partings.onReadable(ZygoteToken::of(ready.token).number);
        }
    }
};

}

class TestPartings : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theClientHearsTheLastWordsAndTheEnd()
    {
        Fixture f;
        QVERIFY(Posix::writeAll(f.client.get(), "unread"));
        f.partings.begin(std::move(f.connection), "farewell");
        QVERIFY(!f.partings.isEmpty());
        QCOMPARE(f.heard(), "farewell");
        QVERIFY(Posix::writeAll(f.client.get(), "nobody listens"));
        f.poll();
        QVERIFY(!f.partings.isEmpty());
        f.client.reset();
        f.poll();
        QVERIFY(f.partings.isEmpty());
        QVERIFY(f.poller.wait(0ns).empty());
    }
    void aClientThatIsGoneIsNotWaitedFor()
    {
        Fixture f;
        f.client.reset();
        f.partings.begin(std::move(f.connection), "farewell");
        QVERIFY(f.partings.isEmpty());
        QVERIFY(!f.partings.nextExpiry());
    }
    void aClientThatDoesNotHangUpIsLeftAfterASecond()
    {
        Fixture f;
        const qint64 start = ScoreboardPage::now();
        f.partings.begin(std::move(f.connection), {});
        const qint64 expiry = f.partings.nextExpiry().value_or(0);
        QVERIFY(expiry >= start + std::chrono::nanoseconds(1s).count());
        f.partings.expire(expiry - 1);
        QVERIFY(Posix::writeAll(f.client.get(), "are you there?"));
        f.partings.expire(expiry);
        QVERIFY(f.partings.isEmpty());
        QVERIFY(!Posix::writeAll(f.client.get(), "are you there?"));
    }
    void aClientThatDoesNotReadHoldsNobodyUp()
    {
        Fixture f;
        const QByteArray much(65536, 'x');
        while (Posix::writeNow(f.connection.get(), much).status == Posix::Transfer::Done) { }
        f.partings.begin(std::move(f.connection), "farewell");
        const QByteArray heard = f.heard();
        QVERIFY(heard.endsWith('x') || heard.endsWith("farewell"));
    }
    void aCrowdThatDoesNotHangUpLosesItsOldest()
    {
        Fixture f;
        std::vector<Posix::Fd> clients;
        f.partings.begin(std::move(f.connection), {});
        for (int i = 0; i < 256; ++i) {
            auto ends = Posix::socketPair(Posix::PairType::Stream);
            QVERIFY(ends);
            f.partings.begin(std::move(ends->second), {});
            clients.push_back(std::move(ends->first));
        }
        QVERIFY(!Posix::writeAll(f.client.get(), "?"));
        for (const Posix::Fd &client : clients)
            QVERIFY(Posix::writeAll(client.get(), "?"));
    }
    void inAHurryItIsLeftSooner()
    {
        Fixture f;
        f.partings.begin(std::move(f.connection), "farewell");
        const qint64 now = ScoreboardPage::now();
        f.partings.hurry(now);
        QVERIFY(f.partings.nextExpiry());
        QVERIFY(*f.partings.nextExpiry() - now <= std::chrono::nanoseconds(100ms).count());
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        QVERIFY(ends);
        f.partings.begin(std::move(ends->second), {});
        f.partings.expire(*f.partings.nextExpiry());
        QVERIFY(!Posix::writeAll(f.client.get(), "?"));
        f.partings.expire(ScoreboardPage::now() + std::chrono::nanoseconds(200ms).count());
        QVERIFY(f.partings.isEmpty());
        QCOMPARE(f.heard(), QByteArray("farewell"));
    }
    void whereDescriptorsAreFewACrowdIsSmaller()
    {
        Fixture f;
        f.partings.setMost(1);
        f.partings.begin(std::move(f.connection), {});
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        QVERIFY(ends);
        f.partings.begin(std::move(ends->second), {});
        QVERIFY(!Posix::writeAll(f.client.get(), "?"));
        QVERIFY(Posix::writeAll(ends->first.get(), "?"));
    }
};

QTEST_APPLESS_MAIN(TestPartings)
#include "tst_partings.moc"
