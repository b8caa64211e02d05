// SPDX-License-Identifier: MIT
// What are my workers doing, and how long do my calls take?
#include <QtPrefork/CallLog>
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/LatencyModel>
#include <QtPrefork/WaitFor>
#include <QtPrefork/WorkerModel>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QThread>

#include <cstdio>
#include <cstdlib>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

inline constexpr Method<void(int)> nap{"nap"};
inline constexpr Method<void()> crash{"crash"};

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(nap, [](int milliseconds) { QThread::msleep(ulong(milliseconds)); });
    work.add(crash, [] { std::abort(); });
    Zygote zygote(work);
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.minWorkers = 2, .maxWorkers = 2});

    // [watching]
    // All three are models: give them to a QTableView, or to a ListView of QML.
    WorkerModel workers(&client);
    CallLog log(&client);
    LatencyModel latencies(&client);
    QObject::connect(&workers, &WorkerModel::workerDied,
                     [](qint64, const QString &reason) { std::printf("a worker died: %s\n", qPrintable(reason)); });
    QObject::connect(&client, &Client::pendingCallCountChanged,
                     [](int count) { std::printf("calls that are not done yet: %d\n", count); });
    // [watching]

    bool isOver = true;
    for (int i = 0; i < 4; ++i)
        isOver = waitFor(client.future(nap, 20), 10s) && isOver;
    isOver = waitFor(client.future(crash), 10s) && isOver;
    isOver = waitFor(client.future(nap, 20), 10s) && isOver;
    QCoreApplication::processEvents(); // the models follow at the end of a turn

    // [reading]
    std::printf("%d of %d calls had a result, half of them within %s\n", int(latencies.finished()), log.rowCount(),
                latencies.p50() < 5000 ? "5 s" : "much longer");
    for (int row = 0; row < log.rowCount(); ++row) {
        const QModelIndex call = log.index(row, 0);
        if (call.data(CallLog::OutcomeRole).toInt() == CallLog::Failed)
            std::printf("'%s' failed: %s\n", qPrintable(call.data(CallLog::MethodRole).toString()),
                        qPrintable(call.data(CallLog::ErrorTextRole).toString()));
    }
    // [reading]
    return isOver ? 0 : 1;
}
