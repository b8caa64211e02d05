// SPDX-License-Identifier: MIT
#include "helpers/calls.h"

#include <QtPrefork/Client>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QFile>
#include <QtCore/QLoggingCategory>
#include <QtTest/QTest>

#include <sys/resource.h>
#include <unistd.h>
#include <vector>

using namespace Prefork;

namespace {

constexpr Method<qint64()> pid{"pid"};
constexpr rlim_t Descriptors = 16;
// Standard input, output, errors, the channel, the poller and both ends of what SIGTERM writes to, one for the
// connection that arrives, and what whoever has started the test may have left open; of the rest an eighth for those of
// the dead, and two a worker.
constexpr qsizetype Workers = (qsizetype(Descriptors) - 10) * 7 / 8 / 2;

Zygote *fewDescriptors = nullptr;
Zygote *endlessPatience = nullptr;

std::chrono::milliseconds processorTime(qint64 process)
{
    QFile file(QStringLiteral("/proc/%1/stat").arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    const QByteArray stat = file.readAll();
    const QByteArrayList fields = stat.sliced(stat.lastIndexOf(')') + 2).split(' ');
    return std::chrono::milliseconds((fields.at(11).toLongLong() + fields.at(12).toLongLong()) * 1000
                                     / ::sysconf(_SC_CLK_TCK));
}

}

class TestZygoteLimits : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void servesOnAfterRunningOutOfDescriptors();
    void theLongestHungTimeoutKillsNobody();
};

void TestZygoteLimits::servesOnAfterRunningOutOfDescriptors()
{
    Client client(fewDescriptors, {.minWorkers = 0, .maxWorkers = 2 * int(Descriptors)});
    qsizetype results = 0;
    std::vector<CheckoutPtr> checkouts(2 * Descriptors);
    for (CheckoutPtr &checkout : checkouts) {
        checkout = client.checkout();
        checkout->call(pid, [&results] { ++results; });
    }
    QTRY_VERIFY_WITH_TIMEOUT(results >= Workers, 30000);
    const std::chrono::milliseconds before = processorTime(fewDescriptors->processId());
    QTest::qWait(500); // the zygote is asked for more now and then
    QVERIFY(processorTime(fewDescriptors->processId()) - before < std::chrono::milliseconds(250));
    QVERIFY(results <= Workers + 1);
    checkouts.clear();
    QTRY_COMPARE_WITH_TIMEOUT(results, qsizetype(2 * Descriptors), 30000);
    client.recycleWorkers();
    QVERIFY(Test::call(client.checkout(), "pid").result);
}

void TestZygoteLimits::theLongestHungTimeoutKillsNobody()
{
    Client client(endlessPatience);
    const Test::Outcome outcome = Test::call(client.checkout(), "sleep");
    QVERIFY2(outcome.result, outcome.error ? qPrintable(outcome.error->message()) : "nothing");
    client.recycleWorkers();
    QVERIFY(Test::call(client.checkout(), "pid").result);
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.add(pid, [] { return qint64(::getpid()); });
    interface.add("sleep", [](const QVariantList &) {
        ::usleep(300000);
        return QVariant();
    });
    Zygote patient(interface, {.hungTimeout = std::chrono::milliseconds::max()});
    endlessPatience = &patient;
    interface.preload([] {
        const rlimit limit{Descriptors, Descriptors};
        ::setrlimit(RLIMIT_NOFILE, &limit);
        // Logging without a descriptor left confuses UndefinedBehaviorSanitizer, which makes a pipe to check a virtual
        // call.
        QLoggingCategory::setFilterRules(QStringLiteral("prefork.zygote.warning=false"));
    });
    Zygote poor(interface);
    fewDescriptors = &poor;
    QCoreApplication app(argc, argv);
    TestZygoteLimits test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_zygote_limits.moc"
