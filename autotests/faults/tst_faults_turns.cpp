// SPDX-License-Identifier: MIT
// Workers that talk without end or out of turn, and callbacks that take long: the event loop turns all the same.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/gate.h"
#include "helpers/ledger.h"
#include "helpers/lyingserver.h"
#include "helpers/rawsocket.h"

#include <atomic>
#include <thread>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

/// A server of one thread that says the same over and over to each client in turn, as fast as that one can read.
class Babbler
{
    Q_DISABLE_COPY_MOVE(Babbler)

public:
    explicit Babbler(const QByteArray &words)
        : m_words(words)
        , m_listener(listenAt(socketAddress(path())))
        , m_thread([this] { babble(); })
    {
    }
    ~Babbler()
    {
        m_isOver = true;
        ::shutdown(m_listener, SHUT_RDWR);
        m_thread.join();
        ::close(m_listener);
    }
    [[nodiscard]] QString address() const { return QStringLiteral("unix:") + QFile::decodeName(path()); }
    /// Clients that have hung up.
    [[nodiscard]] int left() const { return m_left; }

private:
    [[nodiscard]] QByteArray path() const { return QFile::encodeName(m_directory.filePath(QStringLiteral("socket"))); }
    void babble()
    {
        while (!m_isOver) {
            const int client = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (client < 0)
                continue;
            while (::send(client, m_words.constData(), std::size_t(m_words.size()), MSG_NOSIGNAL) > 0 && !m_isOver) { }
            ::close(client);
            ++m_left;
        }
    }

    const QByteArray m_words;
    QTemporaryDir m_directory;
    std::atomic<bool> m_isOver = false;
    std::atomic<int> m_left = 0;
    const int m_listener;
    std::thread m_thread;
};

/// Counts what happens between two turns of the event loop.
class Turns
{
public:
    Turns()
    {
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { m_row = 0, ++m_count; });
        m_timer.start(0);
    }
    /// Something has happened, which took its time.
    void note()
    {
        ::usleep(10000);
        m_longest = std::max(m_longest, ++m_row);
    }
    [[nodiscard]] int count() const { return m_count; }
    /// The most that happened in one turn.
    [[nodiscard]] int longest() const { return m_longest; }

private:
    QTimer m_timer;
    int m_row = 0;
    int m_count = 0;
    int m_longest = 0;
};

void fill(Interface &interface)
{
    addBasics(interface);
    // At once, through a gate, or to the end of the process.
    const auto step = [](const QString &where) {
        if (where == "the end")
            ::_exit(0);
        if (!where.isEmpty())
            Gate::pass(where);
        return QVariant();
    };
    for (const char *const method : {"step", "leap"})
        interface.add(method, [step](const QVariantList &arguments) { return step(arguments.value(0).toString()); });
    interface.fallback(
        [step](const QString &, const QVariantList &arguments) { return step(arguments.value(0).toString()); });
}

void callSlowly(const CheckoutPtr &checkout, Turns &turns, int *settled)
{
    frameTry([&] { checkout->call("ask", {}, [&turns, settled](const QVariant &) { turns.note(), ++*settled; }); },
             [&turns, settled](const Error &) { turns.note(), ++*settled; });
}

}

class FaultsTurnsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row81_aWorkerThatIsNeverSilent_data()
    {
        QTest::addColumn<QByteArray>("words");
        QTest::addColumn<bool>("isIdle");
        const auto row = [](const char *name, const QByteArray &words) {
            QTest::addRow("%s, idle", name) << words << true;
            QTest::addRow("%s, in a call", name) << words << false;
        };
        row("its hello", hello()); // no more than one is a hello, and over JSON none
        if (isNative())
            return;
        row("white space", QByteArray(4096, ' '));
        row("a reply without end", "[\"ok\",{},\"" + QByteArray(4096, 'x'));
        row("many a reply", R"(["ok",{},1] )");
    }
    void row81_aWorkerThatIsNeverSilent()
    {
        QFETCH(QByteArray, words);
        QFETCH(bool, isIdle);
        Babbler babbler(words);
        Client client(babbler.address(),
                      {.minWorkers = int(isIdle), .maxWorkers = 1, .timeout = Patience, .maxMessageSize = 16 << 20});
        const CheckoutPtr checkout = isIdle ? nullptr : client.checkout();
        if (checkout)
            frameTry([&] { checkout->call("ask", {}, [] { }); }, [](const Error &) {});
        WAIT_FOR(babbler.left() >= 1);
    }

    // Over JSON what an idle worker has begun to say would become a part of the next call's reply.
    void row81_anIdleWorkerSpeaks_data()
    {
        QTest::addColumn<QByteArray>("words");
        QTest::addColumn<bool>("isKept");
        QTest::newRow("the beginning of a reply") << QByteArray("[") << false;
        QTest::newRow("what is no reply") << QByteArray("!") << false;
        QTest::newRow("a little white space, then the beginning") << QByteArray("\r\n\t [\"ok\"") << false;
        QTest::newRow("64 bytes of white space") << QByteArray(64, '\n') << true;
        QTest::newRow("65 bytes of white space") << QByteArray(65, '\n') << false;
    }
    void row81_anIdleWorkerSpeaks()
    {
        if (isNative())
            QSKIP("there are goodbyes");
        QFETCH(QByteArray, words);
        QFETCH(bool, isKept);
        QPointer<QLocalSocket> speaker;
        int connections = 0;
        LyingServer server([&](QLocalSocket *socket, quint64 call) {
            if (socket != speaker)
                ++connections;
            speaker = socket;
            socket->write(textReply("well", call));
        });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1});
        QCOMPARE(answer(client.checkout(), "ask").toString(), "well");
        WAIT_COMPARE(client.idleWorkerCount(), 1);
        speaker->write(words);
        if (isKept) {
            WAIT_FOR(speaker->bytesToWrite() == 0);
            QCoreApplication::processEvents();
            const CheckoutPtr checkout = client.checkout();
            QCOMPARE(answer(checkout, "ask").toString(), "well");
            QVERIFY(connections <= 2); // the checkout may have come before the bytes were read
            speaker->write(words);
            QCOMPARE(answer(checkout, "ask").toString(), "well");
        } else {
            WAIT_FOR(!speaker || speaker->state() == QLocalSocket::UnconnectedState);
            QCOMPARE(answer(client.checkout(), "ask").toString(), "well");
            QCOMPARE(connections, 2);
        }
    }

    // Replies that have come together, each with a callback of ten times the budget.
    void row81_slowCallbacks()
    {
        if (!isNative())
            QSKIP("there is one reply at a time");
        constexpr int Calls = 64;
        QByteArray replies;
        LyingServer server([&replies](QLocalSocket *socket, quint64 call) {
            replies += textReply("well", call);
            if (call == Calls)
                socket->write(replies);
        });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1, .maxInFlight = Calls});
        const CheckoutPtr checkout = client.checkout();
        Turns turns;
        int settled = 0;
        for (int i = 0; i < Calls; ++i)
            callSlowly(checkout, turns, &settled);
        QVERIFY(checkout->waitForSettled(Patience));
        QCOMPARE(settled, Calls);
        QVERIFY2(turns.longest() <= 2, qPrintable(QString::number(turns.longest())));
    }
    // One reply from each of many workers.
    void row81_slowCallbacksOfManyWorkers()
    {
        constexpr int Workers = 8;
        std::vector<std::pair<QPointer<QLocalSocket>, quint64>> calls;
        LyingServer server([&calls](QLocalSocket *socket, quint64 call) {
            calls.emplace_back(socket, call);
            if (calls.size() < Workers)
                return;
            for (const auto &[connection, id] : calls) {
                connection->write(textReply("well", id));
                connection->flush();
            }
        });
        Client client(server.address(), {.minWorkers = Workers, .maxWorkers = Workers});
        WAIT_COMPARE(client.idleWorkerCount(), Workers);
        Turns turns;
        int settled = 0;
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < Workers; ++i) {
            checkouts.push_back(client.checkout());
            callSlowly(checkouts.back(), turns, &settled);
        }
        WAIT_COMPARE(settled, Workers);
        QVERIFY2(turns.longest() <= 2, qPrintable(QString::number(turns.longest())));
    }
    // Many calls that fail together, and those behind them, which are canceled one by one.
    void row81_slowCatchers()
    {
        constexpr int Checkouts = 16;
        LyingServer server([](QLocalSocket *, quint64) { });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 100ms});
        Turns turns;
        int settled = 0;
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < Checkouts; ++i) {
            checkouts.push_back(client.checkout());
            connect(checkouts.back().get(), &Checkout::canceled, this, [&] { turns.note(), ++settled; });
            callSlowly(checkouts.back(), turns, &settled);
            callSlowly(checkouts.back(), turns, &settled);
            callSlowly(checkouts.back(), turns, &settled);
        }
        WAIT_COMPARE(settled, 3 * Checkouts);
        QVERIFY2(turns.longest() <= 2, qPrintable(QString::number(turns.longest())));
    }
    // Nobody has a handle on the checkouts any more, and there is time for one settlement a turn.
    void row81_theLastSignalComesHoweverLate_data()
    {
        QTest::addColumn<bool>("inAnotherThread");
        QTest::newRow("the handles go here") << false;
        QTest::newRow("the handles go in another thread") << true;
    }
    void row81_theLastSignalComesHoweverLate()
    {
        QFETCH(const bool, inAnotherThread);
        constexpr int Checkouts = 4;
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .readBudget = 0us});
        int settled = 0;
        int released = 0;
        {
            std::vector<CheckoutPtr> checkouts;
            for (int i = 0; i < Checkouts; ++i) {
                checkouts.push_back(client.checkout());
                Checkout *const checkout = checkouts.back().get();
                connect(checkout, &Checkout::canceled, this, [&settled] { ++settled; });
                connect(checkout, &Checkout::released, this, [&released] { ++released; });
                frameTry([&] { checkout->call("pid"), checkout->call("pid"), checkout->call("pid"); },
                         [&settled](const Error &) { ++settled; });
            }
            for (const CheckoutPtr &checkout : checkouts)
                checkout->abort();
            checkouts.push_back(client.checkout()); // one without a call
            connect(checkouts.back().get(), &Checkout::released, this, [&released] { ++released; });
            if (inAnotherThread) {
                std::thread([&checkouts] { checkouts.clear(); }).join();
            }
        }
        WAIT_COMPARE(released, Checkouts + 1);
        QCOMPARE(settled, 3 * Checkouts);
    }
    void row81_aClientThatIsDestroyedSettlesAllBeforeItIsGone()
    {
        LyingServer server([](QLocalSocket *, quint64) { });
        auto client = std::make_unique<Client>(server.address(), ClientOptions{.maxWorkers = 1});
        Turns turns;
        int settled = 0;
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < 8; ++i) {
            checkouts.push_back(client->checkout());
            callSlowly(checkouts.back(), turns, &settled);
        }
        client.reset();
        QCOMPARE(settled, 8);
    }

    // Replies are written together only before methods that have always been quick. One that was not loses that trust,
    // in every worker.
    void row83_aFinishedReplyBehindASlowCall_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<bool>("isFatal");
        QTest::newRow("slow") << QByteArray("step") << false;
        QTest::newRow("no more, for the worker ends") << QByteArray("leap") << true;
        QTest::newRow("slow, without a method of its own") << QByteArray("jump") << false;
    }
    void row83_aFinishedReplyBehindASlowCall()
    {
        QFETCH(QByteArray, method);
        QFETCH(bool, isFatal);
        const MethodName name(method.constData());
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .maxCheckouts = 1});
        int late = 0;
        for (int round = 0; round < 6; ++round) { // each with a worker of its own
            const CheckoutPtr checkout = client.checkout();
            for (int i = 0; i < 20; ++i)
                QVERIFY(Test::call(checkout, name, {QString()}).result);
            Gate gate;
            bool hasCome = false;
            Ledger ledger;
            frameTry([&] { checkout->call(name, {QString()}, [&hasCome] { hasCome = true; }); }, [](const Error &) {});
            ledger.call(checkout, name, {isFatal && round == 0 ? QStringLiteral("the end") : gate.path()});
            if (isFatal && round == 0) {
                QVERIFY(ledger.wait());
                late += !hasCome;
                continue;
            }
            WAIT_FOR(gate.isReached());
            const QDeadlineTimer slow(5ms); // a run of less than one millisecond would be no surprise
            for (int i = 0; i < 20 || !slow.hasExpired(); ++i) // if it was written, it is there
                QCoreApplication::processEvents();
            late += isNative() && !hasCome; // over JSON the slow call goes when the reply has come
            gate.open();
            QVERIFY(ledger.wait());
            QVERIFY(hasCome);
        }
        qInfo("%d late", late);
        QVERIFY2(late <= 1, qPrintable(QString::number(late)));
    }

    // After each read others have their turn, if there is no time left.
    void row81_aLongReply()
    {
        if (isNative())
            QSKIP("a long reply comes in reads that each take all there is");
        constexpr qsizetype Size = 200 * 1000; // the kernel takes as much at once
        Turns turns;
        int before = 0;
        LyingServer server([&](QLocalSocket *socket, quint64 call) {
            socket->write(textReply(QByteArray(Size, 'x'), call));
            socket->flush();
            QCOMPARE(socket->bytesToWrite(), 0);
            before = turns.count();
        });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1, .readBudget = 0us});
        int after = 0;
        client.call("ask", {},
                    [&](const QVariant &reply) { after = reply.toString().size() == Size ? turns.count() : -1; });
        WAIT_FOR(after != 0);
        QVERIFY2(after - before >= 3, qPrintable(QString::number(after - before)));
    }
};

PREFORK_TEST_MAIN(FaultsTurnsTest, fill)
#include "tst_faults_turns.moc"
