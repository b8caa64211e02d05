// SPDX-License-Identifier: MIT
#include <QtPrefork/ShutdownSignals>

#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <csignal>

using namespace Prefork;

namespace {

bool isDefault(int signal)
{
    struct sigaction action{};
    ::sigaction(signal, nullptr, &action);
    return action.sa_handler == SIG_DFL;
}

}

class TestShutdownSignals : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theThirdSignalOfEitherKindHasItsDefaultEffect_data();
    void theThirdSignalOfEitherKindHasItsDefaultEffect();
};

void TestShutdownSignals::theThirdSignalOfEitherKindHasItsDefaultEffect_data()
{
    QTest::addColumn<int>("first");
    QTest::newRow("SIGINT") << SIGINT;
    QTest::newRow("SIGTERM") << SIGTERM;
}

void TestShutdownSignals::theThirdSignalOfEitherKindHasItsDefaultEffect()
{
    QFETCH(const int, first);
    ShutdownSignals shutdownSignals;
    QSignalSpy requested(&shutdownSignals, &ShutdownSignals::requested);
    QVERIFY(!isDefault(SIGINT) && !isDefault(SIGTERM));
    ::raise(first);
    QTRY_COMPARE_WITH_TIMEOUT(requested.size(), 1, 30000);
    QCOMPARE(requested.first().first().toInt(), first);
    QVERIFY(!isDefault(SIGINT) && !isDefault(SIGTERM));
    ::raise(SIGTERM);
    QTRY_COMPARE_WITH_TIMEOUT(requested.size(), 2, 30000);
    QVERIFY(isDefault(SIGINT) && isDefault(SIGTERM));
}

QTEST_GUILESS_MAIN(TestShutdownSignals)
#include "tst_shutdownsignals.moc"
