// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/forkban.h"
#include "helpers/rest.h"
#include "helpers/stopwatch.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>
#include <QtPrefork/Zygote>

#include <QtCore/QTemporaryDir>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

Zygote *zygote = nullptr;
Zygote *withSpares = nullptr;

}

class TestFaultsFork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row25_forksThatFailAreWaitedFor()
    {
        QTemporaryDir directory;
        Server server(zygote);
        QVERIFY2(server.listen(QStringLiteral("unix:") + directory.filePath(QStringLiteral("s.socket"))),
                 qPrintable(server.errorString()));
        Client client(server.address(), {.minWorkers = 0, .timeout = 0ms});
        Client embedded(zygote, {.minWorkers = 0, .timeout = 0ms});
        int served = 0;
        QStringList errors;
        for (int i = 0; i < 5; ++i) {
            for (Client *const each : {&client, &embedded}) {
                frameTry([&] { each->checkout()->call("pid", {}, [&served](const QVariant &) { ++served; }); },
                         [&errors](const Error &error) { errors += error.message(); });
            }
        }
        const Test::Rest rest({zygote->processId(), ::getpid()});
        QEventLoop loop;
        QTimer::singleShot(2s, &loop, &QEventLoop::quit);
        loop.exec();
        const QString disturbance = rest.disturbance(200); // some twenty in fact
        QVERIFY2(disturbance.isEmpty(), qPrintable(disturbance));
        QCOMPARE(served, 0);
        QVERIFY2(errors.isEmpty(), qPrintable(errors.join(u'\n')));
        QVERIFY(server.isListening());

        Test::Stopwatch time;
        QCOMPARE(::kill(pid_t(zygote->processId()), SIGUSR1), 0); // forks succeed again
        QVERIFY(Test::waitUntil([&] { return served == 10; }));
        const Test::Stopwatch::Milliseconds taken = time.stop();
        QVERIFY2(taken <= 1s, qPrintable(QString::number(taken.count())));
        QVERIFY2(errors.isEmpty(), qPrintable(errors.join(u'\n')));
    }
    void row25_spareWorkersAreTriedEverMoreRarely()
    {
        const Test::Rest rest({withSpares->processId(), ::getpid()});
        QEventLoop loop;
        QTimer::singleShot(1s, &loop, &QEventLoop::quit);
        loop.exec();
        const QString disturbance = rest.disturbance(50); // some five in fact
        QVERIFY2(disturbance.isEmpty(), qPrintable(disturbance));
        QCOMPARE(withSpares->spareWorkerCount(), 0);

        QCOMPARE(::kill(pid_t(withSpares->processId()), SIGUSR1), 0); // forks succeed again
        QTRY_COMPARE_WITH_TIMEOUT(withSpares->spareWorkerCount(), 3, 30'000); // the longest delay is 10 s
    }
};

int main(int argc, char *argv[])
{
    Test::leaveRoot();
    Interface interface;
    interface.preload(Test::forbidFork);
    interface.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
    Zygote theZygote(interface);
    zygote = &theZygote;
    Zygote another(interface, {.spareWorkers = 3});
    withSpares = &another;
    QCoreApplication app(argc, argv);
    TestFaultsFork test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_faults_fork.moc"
