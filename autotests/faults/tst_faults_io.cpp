// SPDX-License-Identifier: MIT
// System calls that are interrupted, and those that move less than they were asked to.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/lyingserver.h"
#include "helpers/preloaded.h"
#include "helpers/protocols.h"

#include <array>
#include <cstring>
#include <sys/socket.h>
#include <sys/time.h>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

std::atomic<int> s_alarms;

// A thousand interruptions a second, none of which restarts what it has interrupted.
void beginStorm()
{
    struct sigaction action{};
    action.sa_handler = [](int) { s_alarms.fetch_add(1, std::memory_order_relaxed); };
    ::sigaction(SIGALRM, &action, nullptr);
    const itimerval period{{0, 1000}, {0, 1000}};
    ::setitimer(ITIMER_REAL, &period, nullptr);
}

void endStorm()
{
    const itimerval never{};
    ::setitimer(ITIMER_REAL, &never, nullptr);
}

void fillStormy(Interface &interface)
{
    addBasics(interface);
    interface.preload([] { beginStorm(); });
    interface.setup([] { beginStorm(); });
    interface.add("alarms", [](const QVariantList &) { return QVariant(s_alarms.load()); });
}

bool movesOneByteOnly()
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    const bool isOne = ::send(ends[0], "0123456789", 10, 0) == 1;
    ::close(ends[0]);
    ::close(ends[1]);
    return isOne;
}

bool hasSmallBuffers()
{
    int ends[2];
    int size = 0;
    socklen_t length = sizeof size;
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    const bool isSmall = ::getsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 && size < 10000;
    ::close(ends[0]);
    ::close(ends[1]);
    return isSmall;
}

// What is preloaded is there in client, zygote and workers alike.
int callPreloaded(int argc, char *argv[])
{
    const bool isOneByte = std::strcmp(argv[2], "onebyte") == 0;
    if (isOneByte ? !movesOneByteOnly() : !hasSmallBuffers())
        return 2;
    Interface interface;
    addBasics(interface);
    Zygote zygote(interface);
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.maxWorkers = 2, .timeout = Patience});
    Ledger ledger;
    const int most = isOneByte ? 2000 : 200000;
    for (int i = 0; i < 20; ++i) {
        const CheckoutPtr checkout = client.checkout();
        for (int j = 0; j < 5; ++j) {
            const QString text(most * (5 * i + j) / 100, QChar('a' + (i + j) % 26));
            ledger.call(checkout, "echo", {text}, text);
        }
    }
    const bool isSettled = ledger.wait();
    return isSettled && ledger.served() == ledger.made() && ledger.wrong() == 0 && ledger.isEachSettledOnce() ? 0 : 1;
}

}

class FaultsIoTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row46_interruptions()
    {
        constexpr int Calls = 2000;
        Client client(zygote(), {.maxWorkers = 4});
        beginStorm();
        const auto end = qScopeGuard(endStorm);
        Ledger ledger;
        for (int i = 0; i < Calls / 2; ++i) {
            const CheckoutPtr checkout = client.checkout();
            const QString text(i, 'x');
            ledger.call(checkout, "echo", {text}, text);
            ledger.call(checkout, "sleep", {i % 3}, Test::isNative() ? QVariant() : QVariant::fromValue(nullptr));
        }
        QVERIFY(ledger.wait());
        const int here = s_alarms;
        const int there = answer(client.checkout(), "alarms").toInt();
        QCOMPARE(ledger.served(), Calls);
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.isEachSettledOnce());
        QVERIFY2(here > 50 && there > 20, qPrintable(QString("%1 %2").arg(here).arg(there)));
    }

    void row47_shortReadsAndWrites_data()
    {
        QTest::addColumn<QString>("library");
        QTest::addColumn<QString>("mode");
        QTest::newRow("one byte at a time") << SHIM_ONEBYTE << "onebyte";
        QTest::newRow("the smallest buffers") << SHIM_SMALLBUFFERS << "smallbuffers";
    }
    void row47_shortReadsAndWrites()
    {
        if (isSanitized())
            QSKIP("the sanitizers must be the first library that is loaded");
        QFETCH(QString, library);
        QFETCH(QString, mode);
        const Ended ended = runPreloaded(library, mode);
        QVERIFY2(ended.exitCode != 2, "what was preloaded is not in force");
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.output + ended.errors));
    }
    void row47_peerAnswersByteByByte()
    {
        constexpr int Size = 100000;
        int heard = 0;
        LyingServer server([&heard](QLocalSocket *socket, quint64 call) {
            ++heard;
            auto *const drip = new QTimer(socket);
            connect(drip, &QTimer::timeout, socket,
                    [drip, socket, rest = textReply(QByteArray(Size, 'y'), call)]() mutable {
                        for (int i = 0; i < 500 && !rest.isEmpty(); ++i) {
                            socket->write(rest.first(1));
                            socket->flush();
                            rest.remove(0, 1);
                        }
                        if (rest.isEmpty())
                            drip->deleteLater();
                    });
            drip->start(0);
        });
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1});
        QCOMPARE(answer(client.checkout(), "ask", {QString(Size, 'x')}).toString(), QString(Size, 'y'));
        QCOMPARE(heard, 1);
    }
};

int main(int argc, char *argv[])
{
    if (argc == 3 && std::strcmp(argv[1], "--preloaded") == 0)
        return callPreloaded(argc, argv);
    return runWithZygote<FaultsIoTest>(argc, argv, fillStormy);
}

#include "tst_faults_io.moc"
