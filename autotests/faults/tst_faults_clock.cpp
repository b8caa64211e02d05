// SPDX-License-Identifier: MIT
// A wall clock that jumps. Nobody here may look at it.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/preloaded.h"
#include "helpers/protocols.h"

#include <QtCore/QElapsedTimer>

#include <cstring>
#include <ctime>
#include <set>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

// Calls for a second, so that the clock jumps ten times, with limits that no call comes near and each jump would break.
int callWhileTheClockJumps(int argc, char *argv[])
{
    Interface interface;
    Test::addBasics(interface);
    Zygote zygote(interface, {.hungTimeout = 10s});
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.minWorkers = 2, .maxWorkers = 4, .timeout = 10s, .idleTimeout = 20s});
    Test::Ledger ledger;
    std::set<time_t> hours;
    QElapsedTimer clock;
    for (clock.start(); clock.elapsed() < 1000 || ledger.made() <= 100;) {
        hours.insert(::time(nullptr) / 3600);
        for (int i = 0; i < 8; ++i) {
            const CheckoutPtr checkout = client.checkout();
            ledger.call(checkout, "sleep", {i}, Test::isNative() ? QVariant() : QVariant::fromValue(nullptr));
            ledger.call(checkout, "echo", {i}, i);
        }
        if (!ledger.wait())
            break;
    }
    const bool isFine
        = ledger.isEachSettledOnce() && ledger.served() == ledger.made() && ledger.wrong() == 0 && ledger.made() > 100;
    std::printf("%lld of %lld calls served, hours seen: %zu\n", static_cast<long long>(ledger.served()),
                static_cast<long long>(ledger.made()), hours.size());
    const bool hasJumped = hours.size() >= 3;
    return !isFine ? 1 : hasJumped ? 0 : 2;
}

}

class FaultsClockTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row32_clockJumps_data()
    {
        QTest::addColumn<qint64>("seconds");
        QTest::newRow("an hour") << qint64(3600);
        QTest::newRow("ten years") << qint64(10) * 365 * 86400;
    }
    void row32_clockJumps()
    {
        if (Test::isSanitized())
            QSKIP("the sanitizers must be the first library that is loaded");
        QFETCH(qint64, seconds);
        const Test::Ended ended
            = Test::runPreloaded(SHIM_CLOCK, "calls", {QString("PREFORK_CLOCK_JUMP=%1").arg(seconds)});
        QVERIFY2(ended.exitCode != 2, "the clock did not jump");
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.output + ended.errors));
        QCOMPARE(ended.errors, QString()); // no worker was killed, or lost
    }
};

int main(int argc, char *argv[])
{
    if (argc == 3 && std::strcmp(argv[1], "--preloaded") == 0)
        return callWhileTheClockJumps(argc, argv);
    QCoreApplication app(argc, argv);
    FaultsClockTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_faults_clock.moc"
