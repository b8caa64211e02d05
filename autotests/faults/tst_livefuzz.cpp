// SPDX-License-Identifier: MIT
// Mutated sessions for a real server, many at a time. PREFORK_FUZZ_SEED=N replays the run that printed it,
// PREFORK_FUZZ_CONNECTIONS=N makes it longer.
#include "helpers/faults.h"
#include "helpers/mutations.h"
#include "helpers/rawsocket.h"

#include <QtCore/QRandomGenerator>
#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>

#include <array>
#include <list>
#include <poll.h>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

constexpr qint64 DefaultConnections = 1000;
constexpr qint64 Round = 100;
constexpr std::size_t AtOnce = 16;
// How long an answer is waited for that may never come.
constexpr auto Silence = 50ms;

qint64 fromEnvironment(const char *name, qint64 otherwise)
{
    bool isNumber = false;
    const qint64 value = qEnvironmentVariable(name).toLongLong(&isNumber);
    return isNumber ? value : otherwise;
}

// Says a session and takes whatever comes.
class Talk
{
    Q_DISABLE_COPY_MOVE(Talk)

public:
    enum class End { HangsUp, SaysThatItIsDone, IsSilent };

    Talk(int descriptor, const QByteArray &words, End end)
        : m_descriptor(descriptor)
        , m_words(words)
        , m_end(end)
    {
        if (m_words.isEmpty())
            m_patience.setRemainingTime(Silence);
    }
    ~Talk() { ::close(m_descriptor); }
    [[nodiscard]] pollfd watch() const { return {m_descriptor, short(POLLIN | (m_words.isEmpty() ? 0 : POLLOUT)), 0}; }
    [[nodiscard]] bool isOver() const { return m_isOver || (m_words.isEmpty() && m_patience.hasExpired()); }
    void goOn()
    {
        std::array<char, 65536> heard;
        const ssize_t count = ::recv(m_descriptor, heard.data(), heard.size(), 0);
        m_isOver = count == 0 || (count < 0 && errno != EAGAIN);
        if (count > 0)
            m_patience.setRemainingTime(Silence);
        if (m_words.isEmpty() || m_isOver)
            return;
        const ssize_t said = ::send(m_descriptor, m_words.constData(), std::size_t(m_words.size()), MSG_NOSIGNAL);
        if (said < 0)
            m_isOver = errno != EAGAIN;
        else
            m_words.remove(0, said);
        if (!m_words.isEmpty())
            return;
        m_patience.setRemainingTime(Silence);
        m_isOver = m_isOver || m_end == End::HangsUp;
        if (m_end == End::SaysThatItIsDone)
            ::shutdown(m_descriptor, SHUT_WR);
    }

private:
    int m_descriptor;
    QByteArray m_words;
    End m_end;
    QDeadlineTimer m_patience{QDeadlineTimer::Forever};
    bool m_isOver = false;
};

}

class LiveFuzzTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        qputenv("QT_LOGGING_RULES", "prefork.worker=false"); // each session would have its line
        QVERIFY2(m_server.start(ECHO_SERVER, {"--listen", "unix:" + path(), "--hung-timeout", "10"}),
                 qPrintable(m_server.errorString()));
        const QList<qint64> children = Test::childrenOf(m_server.pid());
        QCOMPARE(children.size(), 1);
        m_zygote = children.first();
        QVERIFY(m_mutator.size() > 20);
    }

    void mutatedSessionsHarmNobody()
    {
        const qint64 connections = fromEnvironment("PREFORK_FUZZ_CONNECTIONS", DefaultConnections);
        const qint64 seed = fromEnvironment("PREFORK_FUZZ_SEED", QRandomGenerator::system()->bounded(1000000000));
        qInfo("PREFORK_FUZZ_SEED=%lld", static_cast<long long>(seed));
        Client client(m_server.address(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 worker = Test::pidOf(checkout);
        QVERIFY(worker > 0);
        const qsizetype ofServer = Test::descriptorsAtRest(m_server.pid());
        const qsizetype ofZygote = Test::descriptorsAtRest(m_zygote);
        for (qint64 first = 0; first < connections; first += Round) {
            const QByteArray here
                = "between connections " + QByteArray::number(first) + " and " + QByteArray::number(first + Round);
            QVERIFY2(talk(quint64(seed), first, std::min(first + Round, connections)), here.constData());
            Client stranger(
                m_server.address(),
                {.minWorkers = 1, .maxWorkers = 1, .protocol = first / Round % 2 ? Protocol::Json : Protocol::Native});
            QVERIFY2(Test::answer(stranger.checkout(), "echo", {first}) == QVariant(first), here.constData());
            QVERIFY2(Test::pidOf(checkout) == worker, here.constData());
        }
        WAIT_COMPARE(Test::childrenOf(m_zygote), QList<qint64>{worker}); // and no zombies
        WAIT_COMPARE(Test::descriptorCount(m_server.pid()), ofServer);
        WAIT_COMPARE(Test::descriptorCount(m_zygote), ofZygote);
        QVERIFY(Test::isRunning(m_server.pid()) && Test::isRunning(m_zygote));
        static const QRegularExpression crash("SIG(SEGV|ABRT|BUS|ILL|FPE)|Sanitizer|runtime error|ASSERT");
        const QStringList crashes = m_server.stderrText().split('\n').filter(crash);
        QVERIFY2(crashes.isEmpty(), qPrintable(crashes.join('\n')));
    }

    void cleanupTestCase() { QCOMPARE(m_server.terminate(), 0); }

private:
    // False if the server does not let everybody in.
    bool talk(quint64 seed, qint64 next, qint64 end)
    {
        std::list<Talk> talks;
        while (next < end || !talks.empty()) {
            while (next < end && talks.size() < AtOnce) {
                const QByteArray words = m_mutator.session(seed * 1000003 + quint64(next++));
                const int descriptor = Test::connectTo(Test::socketAddress(QFile::encodeName(path())), SOCK_NONBLOCK);
                if (descriptor < 0)
                    return false;
                talks.emplace_back(descriptor, words, Talk::End(m_mutator.below(3)));
            }
            std::vector<pollfd> watches;
            for (const Talk &talk : talks)
                watches.push_back(talk.watch());
            ::poll(watches.data(), watches.size(), 10);
            for (Talk &talk : talks)
                talk.goOn();
            talks.remove_if([](const Talk &talk) { return talk.isOver(); });
        }
        return true;
    }
    [[nodiscard]] QString path() const { return m_directory.filePath("socket"); }

    QTemporaryDir m_directory;
    Test::ServerProcess m_server;
    Test::Mutator m_mutator{FUZZ_CORPUS};
    qint64 m_zygote = 0;
};

QTEST_GUILESS_MAIN(LiveFuzzTest)
#include "tst_livefuzz.moc"
