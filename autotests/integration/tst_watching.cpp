// SPDX-License-Identifier: MIT
// What is to be seen of a client: its counts, its workers, its calls and how long they take.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/protocols.h"

#include <QtPrefork/CallLog>
#include <QtPrefork/Client>
#include <QtPrefork/LatencyModel>
#include <QtPrefork/Server>
#include <QtPrefork/WorkerModel>

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QDateTime>
#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>
#include <QtTest/QAbstractItemModelTester>
#include <QtTest/QSignalSpy>

#include <csignal>
#include <map>
#include <random>
#include <set>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add("pass", [](const QVariantList &arguments) {
        return Test::Gate::pass(arguments.value(0).toString()), QVariant();
    });
    interface.add("crash", [](const QVariantList &) { return ::raise(SIGSEGV), QVariant(); });
}

/// Of the first row whose state is this; of no row if there is none.
QModelIndex rowWith(const WorkerModel &model, WorkerModel::State state)
{
    for (int row = 0; row < model.rowCount(); ++row) {
        const QModelIndex index = model.index(row, 0);
        if (index.data(WorkerModel::StateRole).toInt() == state)
            return index;
    }
    return {};
}

qint64 pidIn(const WorkerModel &model, int row = 0)
{
    return model.index(row, 0).data(WorkerModel::PidRole).toLongLong();
}

WorkerModel::State stateIn(const WorkerModel &model, int row = 0)
{
    return model.index(row, 0).data(WorkerModel::StateRole).value<WorkerModel::State>();
}

/// What stands in a column of a table, as a person sees it.
QString shown(const QAbstractItemModel &model, int row, const QString &title)
{
    for (int column = 0; column < model.columnCount(); ++column) {
        if (model.headerData(column, Qt::Horizontal).toString() == title)
            return model.index(row, column).data().toString();
    }
    return QStringLiteral("there is no column '%1'").arg(title);
}

/// Counts the turns of this thread's event loop, and how often something happened in one of them.
class Turns : public QObject
{
public:
    Turns()
    {
        connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::awake, this, [this] { ++m_turn; });
    }
    template <class Object, class Signal>
    void count(Object *object, Signal signal, const QString &name)
    {
        connect(object, signal, this, [this, name] { ++m_counts[name][m_turn]; });
    }
    [[nodiscard]] int most(const QString &name)
    {
        int most = 0;
        for (const auto &[turn, count] : m_counts[name])
            most = std::max(most, count);
        return most;
    }
    [[nodiscard]] int total(const QString &name)
    {
        int total = 0;
        for (const auto &[turn, count] : m_counts[name])
            total += count;
        return total;
    }

private:
    qint64 m_turn = 0;
    std::map<QString, std::map<qint64, int>> m_counts;
};

}

class WatchingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // The counts.
    void countsTellOncePerTurn();
    void countsTellEachOnlyWhenItHasChanged();
    void pendingCallsAreThoseOfAllCheckouts();
    void propertiesHaveWhatTheSignalsTell();

    // The workers.
    void aWorkerIsSeen();
    void whatRunsIsSeen();
    void sharedWorkersShowTheCallThatRuns();
    void aHeldWorkerIsSeen();
    void aKilledWorkerLeavesItsReasonToTheNext();
    void aCrashIsToldToo();
    void aWorkerThatTookTooLongWasGivenUp();
    void anAbortedOneWasGivenUp();
    void lettingGoIsNoDeath();
    void deathsOfASharedWorkerAreToldOnce();
    void callsThatNeverRanDoNotCount();
    void overAServerThePidIsWhatTheWorkerSays();
    void emptyPlacesGo();
    void nobodyTicksWhileNobodyLooks();
    void dataChangesOncePerTurn();

    // Models and their clients.
    void modelsMayBeOlderOrYounger();
    void modelsMayOutliveTheirClient();
    void whatIsKnownIsToldBeforeTheClientChanges();
    void theClientsOwnModel();
    void oneModelMayGoInItsOwnSignal();
    void theClientMayGoInASignal_data();
    void theClientMayGoInASignal();
    void aModelMayBeGivenAnotherClientInItsSignal();

    // The calls.
    void callsAreLogged();
    void theLogSaysWhereTheTimeWent();
    void theLogHasALimit();
    void theLogKeepsWhatItsClientLeaves();
    void theLogMayBeClearedInItsOwnSignal();
    void moreCallsThanRowsInOneTurn();

    // How long they take.
    void latenciesAreMeasured();
    void severalLatencyModelsAreIndependent();
    void methodsBeyondTheBoundShareARow();

    void tablesAreForPeople();
    void debugShowsTheTable();
    void everyModelIsAsItShouldBe_data();
    void everyModelIsAsItShouldBe();
};

void WatchingTest::countsTellOncePerTurn()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    Test::Gate gate;
    client.call("pass", {gate.path()});
    WAIT_FOR(gate.isReached());
    QSignalSpy pending(&client, &Client::pendingCallCountChanged);
    QSignalSpy waiting(&client, &Client::waitingCheckoutCountChanged);
    std::vector<CheckoutPtr> checkouts;
    for (int i = 0; i < 10; ++i) {
        checkouts.push_back(client.checkout());
        checkouts.back()->call("echo", {i});
    }
    QCOMPARE(pending.count(), 0); // nothing is told inside the user's calls
    WAIT_FOR(!pending.isEmpty() && !waiting.isEmpty());
    QCOMPARE(pending.count(), 1);
    QCOMPARE(pending.first().first().toInt(), 11);
    QCOMPARE(waiting.count(), 1);
    QCOMPARE(waiting.first().first().toInt(), 10);

    Turns turns;
    turns.count(&client, &Client::workerCountChanged, "workers");
    turns.count(&client, &Client::idleWorkerCountChanged, "idle");
    turns.count(&client, &Client::waitingCheckoutCountChanged, "waiting");
    turns.count(&client, &Client::pendingCallCountChanged, "pending");
    gate.open();
    checkouts.clear();
    for (int i = 0; i < 200; ++i) {
        client.call("echo", {i}, [&client] { client.call("count"); });
        client.call("fail", {"for a change"}, [] { }, [](const Error &) { });
    }
    WAIT_COMPARE(client.pendingCallCount(), 0);
    WAIT_FOR(!pending.isEmpty() && pending.last().first().toInt() == 0);
    for (const char *const name : {"workers", "idle", "waiting", "pending"})
        QVERIFY2(turns.most(name) <= 1, name);
    QVERIFY(turns.total("pending") > 1);
}

void WatchingTest::countsTellEachOnlyWhenItHasChanged()
{
    Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2});
    QSignalSpy workers(&client, &Client::workerCountChanged);
    QSignalSpy idle(&client, &Client::idleWorkerCountChanged);
    QSignalSpy pending(&client, &Client::pendingCallCountChanged);
    WAIT_COMPARE(client.idleWorkerCount(), 2);
    QVERIFY(workers.isEmpty()); // there were two when it was asked
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    WAIT_FOR(!idle.isEmpty() && idle.last().first().toInt() == 1);
    QVERIFY(workers.isEmpty());
    WAIT_FOR(!pending.isEmpty() && pending.last().first().toInt() == 0);
    QVERIFY(pending.count() <= 2); // the one, and the none; or neither, if it all was in one turn
    client.close();
    WAIT_FOR(idle.last().first().toInt() == 1);
}

void WatchingTest::pendingCallsAreThoseOfAllCheckouts()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    Test::Gate gate;
    const CheckoutPtr first = client.checkout();
    const CheckoutPtr second = client.checkout();
    first->call("pass", {gate.path()});
    first->call("echo", {1});
    first->call("fail", {"an error"}, [] { }, [](const Error &) { });
    first->call("echo", {2});
    int inside = -1;
    second->call("echo", {3}, [&] { inside = client.pendingCallCount(); });
    client.call("echo", {4}).cancel();
    client.call("echo", {5});
    QCOMPARE(client.pendingCallCount(), 7);
    WAIT_FOR(gate.isReached());
    QCOMPARE(client.pendingCallCount(), 6); // the canceled one has settled
    gate.open();
    first->release();
    WAIT_FOR(inside >= 0);
    QCOMPARE(inside, 1); // the one it is called back for is over
    second->release();
    first->call("echo", {6}, [] { }, [](const Error &) { }); // which is refused
    QCOMPARE(client.pendingCallCount(), 2);
    WAIT_COMPARE(client.pendingCallCount(), 0);
}

void WatchingTest::propertiesHaveWhatTheSignalsTell()
{
    Client client(Test::zygote(), {.minWorkers = 1});
    for (const char *const name : {"workerCount", "idleWorkerCount", "waitingCheckoutCount", "pendingCallCount"}) {
        const QMetaProperty property
            = Client::staticMetaObject.property(Client::staticMetaObject.indexOfProperty(name));
        QVERIFY2(property.isValid() && property.hasNotifySignal(), name);
        QCOMPARE(property.metaType(), QMetaType::fromType<int>());
        QCOMPARE(property.notifySignal().name(), QByteArray(name) + "Changed");
    }
    WAIT_COMPARE(client.property("idleWorkerCount").toInt(), 1);
    QCOMPARE(client.property("workerCount").toInt(), 1);
}

void WatchingTest::aWorkerIsSeen()
{
    Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2});
    const WorkerModel &model = *client.workerModel();
    QCOMPARE(model.rowCount(), 2);
    QVERIFY(stateIn(model) == WorkerModel::Connecting || stateIn(model) == WorkerModel::Idle);
    WAIT_FOR(stateIn(model, 0) == WorkerModel::Idle && stateIn(model, 1) == WorkerModel::Idle);
    WAIT_FOR(pidIn(model, 0) > 0 && pidIn(model, 1) > 0);
    const CheckoutPtr checkout = client.checkout();
    const qint64 pid = Test::pidOf(checkout);
    QVERIFY(pid == pidIn(model, 0) || pid == pidIn(model, 1));
    QVERIFY(pidIn(model, 0) != pidIn(model, 1));
    QCOMPARE(model.roleNames().value(WorkerModel::PidRole), QByteArray("pid"));
    const QSet<QByteArray> names(model.roleNames().cbegin(), model.roleNames().cend());
    for (const char *const name : {"pid", "state", "method", "runningFor", "callsServed", "lastDeath", "display"})
        QVERIFY2(names.contains(name), name);
}

void WatchingTest::whatRunsIsSeen()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    const WorkerModel &model = *client.workerModel();
    QSignalSpy changed(&model, &WorkerModel::dataChanged);
    const CheckoutPtr checkout = client.checkout();
    Test::Gate gate;
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    QCOMPARE(Test::answer(checkout, "echo", {2}).toInt(), 2);
    checkout->call("pass", {gate.path()});
    const QModelIndex row = model.index(0, 0);
    WAIT_COMPARE(row.data(WorkerModel::MethodRole).toString(), "pass");
    QCOMPARE(stateIn(model), WorkerModel::Running);
    QCOMPARE(row.data(WorkerModel::CallsServedRole).toInt(), 2);
    // Somebody looks, so the time is told although nothing else happens.
    WAIT_FOR(row.data(WorkerModel::RunningForRole).toLongLong() >= 300);
    changed.clear();
    WAIT_FOR(changed.count() >= 2);
    for (const auto &arguments : changed)
        QVERIFY(arguments.at(2).value<QList<int>>().contains(int(WorkerModel::RunningForRole)));
    gate.open();
    WAIT_COMPARE(stateIn(model), WorkerModel::Held);
    QCOMPARE(row.data(WorkerModel::MethodRole).toString(), QString());
    QCOMPARE(row.data(WorkerModel::RunningForRole).toLongLong(), 0);
    QCOMPARE(row.data(WorkerModel::CallsServedRole).toInt(), 3);
    checkout->release();
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
    QCOMPARE(row.data(WorkerModel::CallsServedRole).toInt(), 3);
}

void WatchingTest::sharedWorkersShowTheCallThatRuns()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    const WorkerModel &model = *client.workerModel();
    Test::Gate first;
    Test::Gate second;
    client.call("pass", {first.path()});
    client.call("pass", {second.path()});
    client.call("echo", {1});
    WAIT_FOR(first.isReached());
    WAIT_COMPARE(stateIn(model), WorkerModel::Running);
    QCOMPARE(model.index(0, 0).data(WorkerModel::MethodRole).toString(), "pass");
    first.open();
    WAIT_FOR(second.isReached());
    WAIT_COMPARE(model.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 1);
    QCOMPARE(stateIn(model), WorkerModel::Running);
    second.open();
    WAIT_COMPARE(model.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 3);
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
}

void WatchingTest::aHeldWorkerIsSeen()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    const WorkerModel &model = *client.workerModel();
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
    const CheckoutPtr checkout = client.checkout();
    WAIT_COMPARE(stateIn(model), WorkerModel::Held);
}

void WatchingTest::aKilledWorkerLeavesItsReasonToTheNext()
{
    Client client(Test::zygote(), {.minWorkers = 3, .maxWorkers = 3, .timeout = 0ms});
    const WorkerModel &model = *client.workerModel();
    WAIT_FOR(stateIn(model, 0) == WorkerModel::Idle && stateIn(model, 1) == WorkerModel::Idle
             && stateIn(model, 2) == WorkerModel::Idle);
    QSignalSpy died(&model, &WorkerModel::workerDied);
    QSignalSpy removed(&model, &WorkerModel::rowsRemoved);
    QSignalSpy inserted(&model, &WorkerModel::rowsInserted);
    Test::Gate gate;
    bool hasFailed = false;
    client.call("pass", {gate.path()}, [] {}, [&](const Error &) { hasFailed = true; });
    WAIT_FOR(gate.isReached());
    WAIT_FOR(rowWith(model, WorkerModel::Running).isValid());
    const QPersistentModelIndex row = rowWith(model, WorkerModel::Running);
    const qint64 pid = row.data(WorkerModel::PidRole).toLongLong();
    QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
    WAIT_FOR(hasFailed && died.count() == 1);
    QCOMPARE(died.first().at(0).toLongLong(), pid);
    const QString reason = died.first().at(1).toString();
    QVERIFY2(reason.startsWith("the worker was killed by SIGKILL"), qPrintable(reason));
    QVERIFY(row.isValid());
    QCOMPARE(row.data(WorkerModel::LastDeathRole).toString(), reason);
    WAIT_FOR(row.data(WorkerModel::StateRole).toInt() == WorkerModel::Idle);
    WAIT_FOR(row.data(WorkerModel::PidRole).toLongLong() > 0);
    QVERIFY(row.data(WorkerModel::PidRole).toLongLong() != pid);
    QCOMPARE(row.data(WorkerModel::LastDeathRole).toString(), reason);
    QCOMPARE(row.data(WorkerModel::CallsServedRole).toInt(), 0);
    QVERIFY(removed.isEmpty() && inserted.isEmpty());
    for (int other = 0; other < 3; ++other)
        QCOMPARE(model.index(other, 0).data(WorkerModel::LastDeathRole).toString().isEmpty(), other != row.row());
}

void WatchingTest::aCrashIsToldToo()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    const WorkerModel &model = *client.workerModel();
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(Test::failure(checkout, "crash").code(), Error::WorkerLost);
    WAIT_FOR(model.index(0, 0).data(WorkerModel::LastDeathRole).toString().contains("SIGSEGV"));
}

void WatchingTest::aWorkerThatTookTooLongWasGivenUp()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    const WorkerModel &model = *client.workerModel();
    QSignalSpy died(&model, &WorkerModel::workerDied);
    Test::Gate gate;
    Error::Code code = Error::NoError;
    client.with({.runTimeout = 50ms})
        .call("pass", {gate.path()}, [] {}, [&](const Error &error) { code = error.code(); });
    WAIT_COMPARE(code, Error::Timeout);
    WAIT_COMPARE(died.count(), 1);
    const QString reason = died.first().at(1).toString();
    static const QRegularExpression expected(
        "^given up: timed out after 0.05 seconds \\('pass' ran for \\d+(\\.\\d+)? s");
    QVERIFY2(reason.contains(expected), qPrintable(reason));
    WAIT_COMPARE(model.index(0, 0).data(WorkerModel::LastDeathRole).toString(), reason);
}

void WatchingTest::anAbortedOneWasGivenUp()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    const WorkerModel &model = *client.workerModel();
    const CheckoutPtr checkout = client.checkout();
    QVERIFY(Test::pidOf(checkout) > 0);
    checkout->abort("no longer wanted");
    WAIT_COMPARE(model.index(0, 0).data(WorkerModel::LastDeathRole).toString(), "given up: no longer wanted");
}

void WatchingTest::lettingGoIsNoDeath()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    const WorkerModel &model = *client.workerModel();
    QSignalSpy died(&model, &WorkerModel::workerDied);
    WAIT_FOR(stateIn(model) == WorkerModel::Idle && pidIn(model) > 0);
    const qint64 first = pidIn(model);
    client.recycleWorkers();
    WAIT_FOR(stateIn(model) == WorkerModel::Idle && pidIn(model) > 0 && pidIn(model) != first);
    const qint64 second = pidIn(model);
    QCOMPARE(Test::failure(client.checkout(), "fail", {"it is replaced for this"}).code(), Error::WorkerError);
    WAIT_FOR(stateIn(model) == WorkerModel::Idle && pidIn(model) > 0 && pidIn(model) != second);
    QCOMPARE(model.rowCount(), 1);
    QCOMPARE(model.index(0, 0).data(WorkerModel::LastDeathRole).toString(), QString());
    QVERIFY(died.isEmpty());
}

// The client hangs up on it, and it dies of that.
void WatchingTest::deathsOfASharedWorkerAreToldOnce()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    const WorkerModel &model = *client.workerModel();
    QSignalSpy died(&model, &WorkerModel::workerDied);
    Test::Gate gate;
    int settled = 0;
    const auto fail = [&settled](const Error &) { ++settled; };
    const auto finish = [&settled] { ++settled; };
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle); // so that the call begins before its time is over
    client.with({.deadline = 1s}).call("pass", {gate.path()}, finish, fail);
    client.call("echo", {1}, finish, fail);
    client.call("echo", {2}, finish, fail);
    WAIT_COMPARE(settled, 3);
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
    QCOMPARE(died.count(), 1);
    QVERIFY2(died.first().at(1).toString().startsWith("given up: timed out"),
             qPrintable(died.first().at(1).toString()));
}

void WatchingTest::callsThatNeverRanDoNotCount()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true});
    const WorkerModel &model = *client.workerModel();
    const CheckoutPtr checkout = client.checkout();
    Test::Gate gate;
    int settled = 0;
    const auto fail = [&settled](const Error &) { ++settled; };
    QCOMPARE(Test::answer(checkout, "echo", {0}).toInt(), 0);
    checkout->call("fail", {"it has run"}, [] { }, fail);
    for (int i = 0; i < 5; ++i)
        checkout->call("echo", {i}, [] { }, fail); // never runs
    WAIT_COMPARE(settled, 6);
    WAIT_COMPARE(model.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 2);
    checkout->call("pass", {gate.path()});
    const Call canceled = checkout->call("echo", {7});
    WAIT_FOR(gate.isReached());
    canceled.cancel();
    client.flush();
    // A worker looks for canceled calls before the next one begins, but only once in a while.
    WAIT_FOR(model.index(0, 0).data(WorkerModel::RunningForRole).toLongLong() >= 50);
    gate.open();
    QCOMPARE(Test::answer(checkout, "echo", {8}).toInt(), 8);
    WAIT_COMPARE(model.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 4);
}

void WatchingTest::overAServerThePidIsWhatTheWorkerSays()
{
    QTemporaryDir directory;
    Server server(Test::zygote());
    QVERIFY(server.listen("unix:" + directory.filePath("socket")));
    Client client("unix:" + directory.filePath("socket"), {.minWorkers = 1, .maxWorkers = 1});
    const WorkerModel &model = *client.workerModel();
    const qint64 pid = Test::pidOf(client.checkout());
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
    QCOMPARE(pidIn(model), Test::isNative() ? pid : 0);
    QCOMPARE(model.index(0, 0).data().toString(), Test::isNative() ? QString::number(pid) : QString());
}

void WatchingTest::emptyPlacesGo()
{
    Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2});
    WorkerModel &model = *client.workerModel();
    QAbstractItemModelTester tester(&model);
    WAIT_FOR(stateIn(model, 0) == WorkerModel::Idle && stateIn(model, 1) == WorkerModel::Idle);
    client.close();
    WAIT_FOR(stateIn(model, 0) == WorkerModel::Empty && stateIn(model, 1) == WorkerModel::Empty);
    QCOMPARE(pidIn(model), 0);
    QCOMPARE(model.rowCount(), 2);
    WAIT_COMPARE(model.rowCount(), 0);
}

void WatchingTest::nobodyTicksWhileNobodyLooks()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    WorkerModel model(&client);
    Test::Gate gate;
    client.call("pass", {gate.path()});
    WAIT_COMPARE(stateIn(model), WorkerModel::Running);
    const auto isTicking = [&model] {
        const QList<QTimer *> timers = model.findChildren<QTimer *>();
        return std::any_of(timers.begin(), timers.end(),
                           [](const QTimer *timer) { return timer->isActive() && !timer->isSingleShot(); });
    };
    QVERIFY(!isTicking());
    auto spy = std::make_unique<QSignalSpy>(&model, &WorkerModel::dataChanged);
    WAIT_FOR(isTicking());
    spy.reset();
    WAIT_FOR(!isTicking());
    const auto again = std::make_unique<QSignalSpy>(&model, &WorkerModel::dataChanged);
    WAIT_FOR(isTicking());
    gate.open();
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
    QVERIFY(!isTicking());
}

void WatchingTest::dataChangesOncePerTurn()
{
    Client client(Test::zygote(), {.minWorkers = 4, .maxWorkers = 4});
    WorkerModel model(&client);
    Turns turns;
    turns.count(&model, &WorkerModel::dataChanged, "changed");
    int settled = 0;
    for (int i = 0; i < 400; ++i)
        client.call("echo", {i}, [&] { ++settled; });
    WAIT_COMPARE(settled, 400);
    WAIT_FOR(stateIn(model, 0) == WorkerModel::Idle && stateIn(model, 3) == WorkerModel::Idle);
    QVERIFY(turns.total("changed") > 0);
    // Once for what has happened; and once more if it was time to tell how long something runs.
    QVERIFY2(turns.most("changed") <= 2, qPrintable(QString::number(turns.most("changed"))));
}

void WatchingTest::modelsMayBeOlderOrYounger()
{
    WorkerModel older;
    CallLog olderLog;
    LatencyModel olderLatencies;
    QCOMPARE(older.rowCount(), 0);
    QVERIFY(!older.client());
    QSignalSpy changed(&older, &WorkerModel::clientChanged);
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    older.setClient(&client);
    older.setClient(&client);
    QCOMPARE(changed.count(), 1);
    olderLog.setClient(&client);
    olderLatencies.setClient(&client);
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    WorkerModel younger(&client);
    CallLog youngerLog(&client);
    QCOMPARE(younger.rowCount(), 1); // at once
    QCOMPARE(younger.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 1); // of its whole life
    QCOMPARE(Test::answer(checkout, "echo", {2}).toInt(), 2);
    WAIT_COMPARE(younger.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 2);
    WAIT_COMPARE(older.index(0, 0).data(WorkerModel::CallsServedRole).toInt(), 2);
    WAIT_COMPARE(olderLog.rowCount(), 2);
    WAIT_COMPARE(youngerLog.rowCount(), 1);
    QCOMPARE(olderLatencies.finished(), 2);

    Client other(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2});
    older.setClient(&other);
    QCOMPARE(older.rowCount(), 2);
    QCOMPARE(older.client(), &other);
    older.setClient(nullptr);
    QCOMPARE(older.rowCount(), 0);
    QCOMPARE(younger.rowCount(), 1);
}

void WatchingTest::modelsMayOutliveTheirClient()
{
    WorkerModel model;
    CallLog log;
    LatencyModel latencies;
    QSignalSpy changed(&model, &WorkerModel::clientChanged);
    CheckoutPtr checkout;
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const auto gone = std::make_unique<WorkerModel>(&client); // before its client
        model.setClient(&client);
        log.setClient(&client);
        latencies.setClient(&client);
        checkout = client.checkout();
        QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
        QCOMPARE(model.rowCount(), 1);
        new WorkerModel(&client, &client); // goes with it
    }
    QVERIFY(!model.client() && !log.client() && !latencies.client());
    QCOMPARE(model.rowCount(), 0);
    QCOMPARE(changed.count(), 2);
    QCOMPARE(log.rowCount(), 1);
    QCOMPARE(latencies.finished(), 1);
    checkout.reset();
    Client next(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    model.setClient(&next);
    log.setClient(&next);
    QCOMPARE(Test::answer(next.checkout(), "echo", {2}).toInt(), 2);
    WAIT_COMPARE(log.rowCount(), 2);
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
}

// Percentiles are told four times a second. The last ones of a client must not wait for the next client.
void WatchingTest::whatIsKnownIsToldBeforeTheClientChanges()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    LatencyModel latencies(&client);
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    WAIT_COMPARE(latencies.rowCount(), 1);
    QCOMPARE(Test::answer(checkout, "pid", {}).toLongLong() > 0, true);
    int rows = 0;
    connect(&latencies, &LatencyModel::clientChanged, &latencies, [&] { rows = latencies.rowCount(); });
    latencies.setClient(nullptr);
    QCOMPARE(rows, 2);
}

void WatchingTest::theClientsOwnModel()
{
    Client client(Test::zygote(), {.minWorkers = 1});
    const QPointer<WorkerModel> model = client.workerModel();
    QCOMPARE(client.workerModel(), model.data());
    QCOMPARE(model->parent(), &client);
    delete model;
    QVERIFY(client.workerModel());
    QCOMPARE(client.workerModel()->rowCount(), 1);
}

void WatchingTest::oneModelMayGoInItsOwnSignal()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    auto *const first = new WorkerModel(&client);
    WorkerModel second(&client);
    connect(first, &WorkerModel::dataChanged, first, [first] { delete first; });
    auto *const latencies = new LatencyModel(&client);
    connect(latencies, &LatencyModel::rowsInserted, latencies, [latencies] { delete latencies; });
    auto *const log = new CallLog(&client);
    connect(log, &CallLog::rowsInserted, log, [log] { delete log; });
    const QPointer<QObject> firstAlive = first;
    const QPointer<QObject> latenciesAlive = latencies;
    const QPointer<QObject> logAlive = log;
    QCOMPARE(Test::answer(client.checkout(), "echo", {1}).toInt(), 1);
    WAIT_FOR(!firstAlive && !latenciesAlive && !logAlive);
    WAIT_COMPARE(stateIn(second), WorkerModel::Idle);
    auto *const third = new WorkerModel(&client);
    auto *const fourth = new WorkerModel(&client); // goes in the signal of the one before it
    connect(third, &WorkerModel::dataChanged, fourth, [fourth] { delete fourth; });
    connect(third, &WorkerModel::workerDied, third, [third] { delete third; });
    const QPointer<QObject> thirdAlive = third;
    const QPointer<QObject> fourthAlive = fourth;
    WAIT_FOR(pidIn(second) > 0);
    ::kill(pid_t(pidIn(second)), SIGKILL);
    Test::failure(client.checkout(), "echo", {2}); // over JSON a death is noticed when somebody calls
    WAIT_FOR(!thirdAlive && !fourthAlive);
}

void WatchingTest::theClientMayGoInASignal_data()
{
    QTest::addColumn<QByteArray>("signal");
    QTest::newRow("a worker's row") << QByteArray("workerData");
    QTest::newRow("a new row") << QByteArray("workerRow");
    QTest::newRow("a death") << QByteArray("death");
    QTest::newRow("a logged call") << QByteArray("log");
    QTest::newRow("a latency") << QByteArray("latency");
    QTest::newRow("a count") << QByteArray("count");
}
void WatchingTest::theClientMayGoInASignal()
{
    QFETCH(QByteArray, signal);
    auto client = std::make_unique<Client>(Test::zygote(), ClientOptions{.minWorkers = 1, .maxWorkers = 3});
    WorkerModel model(client.get());
    CallLog log(client.get());
    LatencyModel latencies(client.get());
    QAbstractItemModelTester modelTester(&model);
    QAbstractItemModelTester logTester(&log);
    QAbstractItemModelTester latencyTester(&latencies);
    WAIT_FOR(stateIn(model) == WorkerModel::Idle && pidIn(model) > 0);
    const auto end = [&client] { client.reset(); };
    if (signal == "workerData")
        connect(&model, &WorkerModel::dataChanged, this, end);
    else if (signal == "workerRow")
        connect(&model, &WorkerModel::rowsInserted, this, end);
    else if (signal == "death")
        connect(&model, &WorkerModel::workerDied, this, end);
    else if (signal == "log")
        connect(&log, &CallLog::rowsInserted, this, end);
    else if (signal == "latency")
        connect(&latencies, &LatencyModel::rowsInserted, this, end);
    else
        connect(client.get(), &Client::pendingCallCountChanged, this, end);
    for (int i = 0; i < 5; ++i)
        client->call(signal == "death" ? "crash" : "echo", {i}, [] { }, [](const Error &) { });
    WAIT_FOR(!client);
    QCOMPARE(model.rowCount(), 0);
    QVERIFY(!model.client() && !log.client() && !latencies.client());
    QCoreApplication::processEvents();
    QVERIFY(log.rowCount() <= 5);
}

void WatchingTest::aModelMayBeGivenAnotherClientInItsSignal()
{
    Client first(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    Client second(Test::zygote(), {.minWorkers = 3, .maxWorkers = 3});
    WorkerModel model(&first);
    QAbstractItemModelTester tester(&model);
    connect(&model, &WorkerModel::dataChanged, &model, [&] { model.setClient(&second); });
    WAIT_COMPARE(model.rowCount(), 3);
    QCOMPARE(model.client(), &second);
    WAIT_COMPARE(stateIn(model, 2), WorkerModel::Idle);
}

void WatchingTest::callsAreLogged()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    CallLog log(&client);
    const auto ignore = [](const Error &) { };
    const auto outcome = [&log](int row) { return log.index(row, 0).data(CallLog::OutcomeRole).toInt(); };
    const auto code = [&log](int row) { return log.index(row, 0).data(CallLog::ErrorCodeRole).toInt(); };
    const auto method = [&log](int row) { return log.index(row, 0).data(CallLog::MethodRole).toString(); };
    const auto text = [&log](int row) { return log.index(row, 0).data(CallLog::ErrorTextRole).toString(); };
    {
        const CheckoutPtr checkout = client.checkout();
        const QDateTime before = QDateTime::currentDateTime();
        QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
        WAIT_COMPARE(log.rowCount(), 1);
        QCOMPARE(method(0), "echo");
        QCOMPARE(outcome(0), int(CallLog::Finished));
        QCOMPARE(code(0), int(Error::NoError));
        QCOMPARE(text(0), QString());
        const QDateTime settled = log.index(0, 0).data(CallLog::SettledAtRole).toDateTime();
        QVERIFY(settled >= before.addMSecs(-1) && settled <= QDateTime::currentDateTime());

        checkout->call("fail", {"on purpose"}, [] { }, ignore);
        checkout->call("count", {}, [] { }, ignore);
        WAIT_COMPARE(log.rowCount(), 3);
        QCOMPARE(method(1), "fail"); // the newest comes first
        QCOMPARE(outcome(1), int(CallLog::Failed));
        QCOMPARE(code(1), int(Error::WorkerError));
        QCOMPARE(text(1), "on purpose");
        QCOMPARE(method(0), "count");
        QCOMPARE(outcome(0), int(CallLog::Canceled));
        QCOMPARE(code(0), int(Error::Canceled));
        QVERIFY2(text(0).contains("on purpose"), qPrintable(text(0)));
        QCOMPARE(log.index(0, 0).data(CallLog::TimeRunningRole).toDouble(), 0.0);

        checkout->release();
        checkout->call("late", {}, [] { }, ignore);
        WAIT_COMPARE(log.rowCount(), 4);
        QCOMPARE(method(0), "late");
        QCOMPARE(code(0), int(Error::Shutdown));
    }
    client.call("never", {}).cancel();
    WAIT_COMPARE(log.rowCount(), 5);
    QCOMPARE(method(0), "never");
    QCOMPARE(outcome(0), int(CallLog::Canceled));
    QCOMPARE(text(0), QString());

    client.call("crash", {}, [] { }, ignore);
    WAIT_COMPARE(log.rowCount(), 6);
    QCOMPARE(code(0), int(Error::WorkerLost));
    QVERIFY2(text(0).contains("SIGSEGV"), qPrintable(text(0)));

    CheckoutPtr functions = client.checkout();
    functions->callFunction({1, 2}, [] { }, ignore);
    WAIT_COMPARE(log.rowCount(), 7);
    QCOMPARE(method(0), QString());
    functions->abort();
    functions->call("after", {}, [] { }, ignore); // gets the fatal error at once
    WAIT_COMPARE(log.rowCount(), 8);
    QCOMPARE(method(0), "after");
    QCOMPARE(code(0), int(Error::Aborted));

    client.call("echo", {QVariant::fromValue(this)}, [] { }, ignore); // cannot be sent
    WAIT_COMPARE(log.rowCount(), 9);
    QCOMPARE(code(0), int(Error::BadArguments));
}

void WatchingTest::theLogSaysWhereTheTimeWent()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    CallLog log(&client);
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1); // its worker is there
    int settled = 0;
    double all = 0;
    QElapsedTimer time;
    time.start();
    checkout->call("sleep", {80}, [&] {
        ++settled;
        all = double(time.nsecsElapsed()) / 1e6;
    });
    checkout->call("sleep", {40}, [&] { ++settled; });
    WAIT_COMPARE(settled, 2);
    WAIT_COMPARE(log.rowCount(), 3);
    const auto inLine = [&log](int row) { return log.index(row, 0).data(CallLog::TimeInLineRole).toDouble(); };
    const auto running = [&log](int row) { return log.index(row, 0).data(CallLog::TimeRunningRole).toDouble(); };
    QVERIFY2(running(1) >= 80, qPrintable(QString::number(running(1))));
    QVERIFY2(inLine(0) >= 80 && inLine(0) >= running(1) - 1, qPrintable(QString::number(inLine(0))));
    QVERIFY2(inLine(0) + running(0) >= 120, qPrintable(QString::number(running(0))));
    QVERIFY2(inLine(1) <= all - running(1) + 1, qPrintable(QString::number(inLine(1)))); // no time counts twice
}

void WatchingTest::theLogHasALimit()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    CallLog log(&client);
    QAbstractItemModelTester tester(&log);
    QCOMPARE(log.limit(), 100);
    QSignalSpy changed(&log, &CallLog::limitChanged);
    log.setLimit(5);
    log.setLimit(5);
    QCOMPARE(changed.count(), 1);
    QTest::ignoreMessage(QtWarningMsg, "Prefork::CallLog::setLimit(): -1 is no number of rows");
    log.setLimit(-1);
    QCOMPARE(log.limit(), 5);
    const CheckoutPtr checkout = client.checkout();
    for (int i = 0; i < 12; ++i)
        QCOMPARE(Test::answer(checkout, i < 8 ? "count" : "echo", {i}).isValid(), true);
    WAIT_COMPARE(log.index(3, 0).data(CallLog::MethodRole).toString(), "echo");
    QCOMPARE(log.rowCount(), 5);
    QCOMPARE(log.index(4, 0).data(CallLog::MethodRole).toString(), "count");
    log.setLimit(2);
    QCOMPARE(log.rowCount(), 2);
    log.clear();
    QCOMPARE(log.rowCount(), 0);
    log.setLimit(0);
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    log.setLimit(1);
    QCOMPARE(Test::answer(checkout, "count").isValid(), true);
    WAIT_COMPARE(log.rowCount(), 1);
    QCOMPARE(log.index(0, 0).data(CallLog::MethodRole).toString(), "count");
}

void WatchingTest::theLogKeepsWhatItsClientLeaves()
{
    CallLog log;
    Test::Gate gate;
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
        log.setClient(&client);
        client.call("pass", {gate.path()}, [] { }, [](const Error &) { });
        WAIT_FOR(gate.isReached());
    }
    QCOMPARE(log.rowCount(), 1);
    QCOMPARE(log.index(0, 0).data(CallLog::MethodRole).toString(), "pass");
    QCOMPARE(log.index(0, 0).data(CallLog::ErrorCodeRole).toInt(), int(Error::Shutdown));
}

void WatchingTest::theLogMayBeClearedInItsOwnSignal()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    CallLog log(&client);
    int cleared = 0;
    connect(&log, &CallLog::rowsInserted, &log, [&] {
        log.clear();
        log.setLimit(3);
        ++cleared;
    });
    QAbstractItemModelTester tester(&log); // which hears of the rows after that
    const CheckoutPtr checkout = client.checkout();
    for (int i = 0; i < 5; ++i)
        QCOMPARE(Test::answer(checkout, "echo", {i}).toInt(), i);
    WAIT_COMPARE(log.rowCount(), 0);
    QVERIFY(cleared > 0);
    LatencyModel latencies(&client);
    connect(&latencies, &LatencyModel::rowsInserted, &latencies, [&] { latencies.reset(); });
    QAbstractItemModelTester latencyTester(&latencies);
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    WAIT_COMPARE(latencies.rowCount(), 0);
    WAIT_COMPARE(latencies.finished(), 0);
}

void WatchingTest::moreCallsThanRowsInOneTurn()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    CallLog log(&client);
    QAbstractItemModelTester tester(&log);
    log.setLimit(7);
    QSignalSpy inserted(&log, &CallLog::rowsInserted);
    const CheckoutPtr checkout = client.checkout();
    checkout->abort();
    for (int i = 0; i < 20; ++i)
        checkout->call(QString::number(i), {}, [] { }, [](const Error &) { });
    QCOMPARE(log.rowCount(), 0);
    WAIT_COMPARE(log.rowCount(), 7);
    QCOMPARE(inserted.count(), 1);
    for (int row = 0; row < 7; ++row)
        QCOMPARE(log.index(row, 0).data(CallLog::MethodRole).toString(), QString::number(19 - row));
}

void WatchingTest::latenciesAreMeasured()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    LatencyModel latencies(&client);
    QSignalSpy changed(&latencies, &LatencyModel::totalsChanged);
    QCOMPARE(latencies.p99(), 0.0);
    const CheckoutPtr checkout = client.checkout();
    for (int i = 0; i < 9; ++i)
        QCOMPARE(Test::answer(checkout, "echo", {i}).toInt(), i);
    QVERIFY(Test::answer(checkout, "sleep", {100}).isNull());
    QCOMPARE(Test::failure(checkout, "fail", {"an error"}).code(), Error::WorkerError);
    checkout->call("echo", {1}).cancel();
    QCOMPARE(latencies.finished(), 10);
    QCOMPARE(latencies.failed(), 1);
    QCOMPARE(latencies.canceled(), 1);
    QVERIFY2(latencies.longest() >= 100, qPrintable(QString::number(latencies.longest())));
    QCOMPARE(latencies.p99(), latencies.longest());
    QVERIFY(latencies.percentile(50) <= latencies.percentile(90));
    QVERIFY(latencies.percentile(50, "sleep") >= 100);
    QCOMPARE(latencies.percentile(50, "unheard of"), 0.0);
    WAIT_COMPARE(latencies.rowCount(), 3);
    QVERIFY(!changed.isEmpty());
    QCOMPARE(latencies.index(0, 0).data(LatencyModel::MethodRole).toString(), "echo");
    QCOMPARE(latencies.index(0, 0).data(LatencyModel::FinishedRole).toInt(), 9);
    QCOMPARE(latencies.index(0, 0).data(LatencyModel::CanceledRole).toInt(), 1);
    QCOMPARE(latencies.index(2, 0).data(LatencyModel::FailedRole).toInt(), 1);
    QCOMPARE(latencies.index(2, 0).data(LatencyModel::P99Role).toDouble(), 0.0);
    // Short calls are measured by a clock that can tell them apart.
    QVERIFY2(latencies.percentile(0, "echo") > 0.001, qPrintable(QString::number(latencies.percentile(0, "echo"))));
    latencies.reset();
    QCOMPARE(latencies.rowCount(), 0);
    QCOMPARE(latencies.finished(), 0);
    QCOMPARE(latencies.longest(), 0.0);
}

void WatchingTest::severalLatencyModelsAreIndependent()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    LatencyModel all(&client);
    LatencyModel recent(&client);
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(Test::answer(checkout, "echo", {1}).toInt(), 1);
    recent.reset();
    QCOMPARE(Test::answer(checkout, "echo", {2}).toInt(), 2);
    QCOMPARE(all.finished(), 2);
    QCOMPARE(recent.finished(), 1);
    recent.setClient(nullptr);
    QCOMPARE(Test::answer(checkout, "echo", {3}).toInt(), 3);
    QCOMPARE(all.finished(), 3);
    QCOMPARE(recent.finished(), 1);
}

void WatchingTest::methodsBeyondTheBoundShareARow()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    LatencyModel latencies(&client);
    QAbstractItemModelTester tester(&latencies);
    const CheckoutPtr checkout = client.checkout();
    checkout->abort();
    for (int i = 0; i < 5000; ++i) // more than the client has numbers for
        checkout->call("m" + QString::number(i), {}, [] { }, [](const Error &) { });
    WAIT_COMPARE(latencies.rowCount(), 65);
    WAIT_COMPARE(latencies.failed(), 5000);
    QCOMPARE(latencies.index(63, 0).data().toString(), "m63");
    QCOMPARE(latencies.index(64, 0).data().toString(), "(others)");
    QCOMPARE(latencies.index(64, 0).data(LatencyModel::FailedRole).toInt(), 5000 - 64);
    CallLog log(&client);
    checkout->call("m4999", {}, [] { }, [](const Error &) { });
    checkout->call("m6000", {}, [] { }, [](const Error &) { });
    WAIT_COMPARE(log.rowCount(), 2);
    QCOMPARE(log.index(0, 0).data(CallLog::MethodRole).toString(), "m6000");
}

void WatchingTest::tablesAreForPeople()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = 0ms});
    WorkerModel model(&client);
    CallLog log(&client);
    LatencyModel latencies(&client);
    const CheckoutPtr checkout = client.checkout();
    Test::Gate gate;
    QVERIFY(Test::answer(checkout, "sleep", {12}).isNull());
    checkout->call("pass", {gate.path()});
    WAIT_COMPARE(shown(model, 0, "Method"), "pass");
    QCOMPARE(shown(model, 0, "State"), "running");
    QCOMPARE(shown(model, 0, "Calls served"), "1");
    QCOMPARE(shown(model, 0, "Last death"), "");
    QVERIFY(shown(model, 0, "Running for").endsWith("s"));
    gate.open();
    WAIT_COMPARE(shown(model, 0, "State"), "held");
    QCOMPARE(shown(model, 0, "Running for"), "");
    WAIT_COMPARE(log.rowCount(), 2);
    static const QRegularExpression isDuration("^\\d+(\\.\\d+)? m?s$");
    QCOMPARE(shown(log, 1, "Method"), "sleep");
    QCOMPARE(shown(log, 1, "Outcome"), "finished");
    QVERIFY2(shown(log, 1, "Running").contains(isDuration), qPrintable(shown(log, 1, "Running")));
    WAIT_COMPARE(latencies.rowCount(), 2);
    QCOMPARE(shown(latencies, 0, "Method"), "sleep");
    QCOMPARE(shown(latencies, 0, "Finished"), "1");
    QVERIFY2(shown(latencies, 0, "p99").contains(isDuration), qPrintable(shown(latencies, 0, "p99")));
    const auto alignment = model.headerData(0, Qt::Horizontal, Qt::TextAlignmentRole).value<Qt::Alignment>();
    QVERIFY(alignment.testFlag(Qt::AlignRight));
    QCOMPARE(model.headerData(0, Qt::Vertical).toInt(), 1);
    QVERIFY(!model.data(model.index(7, 0)).isValid());
    QCOMPARE(model.rowCount(model.index(0, 0)), 0);
}

void WatchingTest::debugShowsTheTable()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    const WorkerModel model(&client);
    WAIT_COMPARE(stateIn(model), WorkerModel::Idle);
    QString text;
    QDebug(&text) << &model << &model;
    QVERIFY2(text.startsWith("Prefork::WorkerModel(1 row)\n  "), qPrintable(text));
    QVERIFY2(text.contains("| idle |"), qPrintable(text));
    text.clear();
    QDebug(&text) << static_cast<const CallLog *>(nullptr);
    QCOMPARE(text.trimmed(), "Prefork::CallLog(null)");
    const LatencyModel latencies;
    text.clear();
    QDebug(&text) << &latencies;
    QCOMPARE(text.trimmed(), "Prefork::LatencyModel(0 rows)");
}

void WatchingTest::everyModelIsAsItShouldBe_data()
{
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 6; ++seed)
        QTest::addRow("%u", seed) << seed;
}

// The models of a client to which everything happens, one after the other.
void WatchingTest::everyModelIsAsItShouldBe()
{
    QFETCH(unsigned, seed);
    std::mt19937 random(seed);
    auto client = std::make_unique<Client>(
        Test::zygote(), ClientOptions{.minWorkers = 1, .maxWorkers = 4, .timeout = 0ms, .cancelGrace = 20ms});
    WorkerModel model(client.get());
    CallLog log(client.get());
    LatencyModel latencies(client.get());
    log.setLimit(10);
    QAbstractItemModelTester modelTester(&model);
    QAbstractItemModelTester logTester(&log);
    QAbstractItemModelTester latencyTester(&latencies);
    QSignalSpy died(&model, &WorkerModel::workerDied);
    int made = 0;
    int settled = 0;
    const auto finish = [&settled] { ++settled; };
    const auto fail = [&settled](const Error &) { ++settled; };
    std::vector<CheckoutPtr> checkouts;
    const std::array methods{"echo", "count", "fail", "sleep", "pid"};
    for (int step = 0; step < 120; ++step) {
        switch (random() % 12) {
        case 0:
            checkouts.push_back(client->checkout());
            break;
        case 1:
            if (!checkouts.empty())
                checkouts.erase(checkouts.begin() + std::ptrdiff_t(random() % checkouts.size()));
            break;
        case 2:
            if (model.rowCount() > 0) {
                const qint64 pid = pidIn(model, int(random() % unsigned(model.rowCount())));
                if (pid > 0)
                    ::kill(pid_t(pid), SIGKILL);
            }
            break;
        case 3:
            client->recycleWorkers();
            break;
        case 4:
            ++made;
            client->with({.runTimeout = 10ms}).call("sleep", {random() % 3 == 0 ? 1000 : 1}, finish, fail);
            break;
        case 5: {
            ++made;
            const Call call = client->call("sleep", {30}, finish, fail);
            QCoreApplication::processEvents();
            if (call.cancel())
                ++settled; // of which nobody is told
            break;
        }
        case 6:
        case 7:
            if (!checkouts.empty()) {
                const CheckoutPtr &checkout = checkouts[random() % checkouts.size()];
                for (unsigned i = random() % 5; i > 0; --i) {
                    ++made;
                    checkout->call(methods[random() % methods.size()], {2}, finish, fail);
                }
            }
            break;
        case 8:
            log.setLimit(int(random() % 15));
            break;
        case 9:
            if (random() % 5 == 0)
                latencies.reset();
            break;
        default:
            ++made;
            client->call(methods[random() % methods.size()], {3}, finish, fail);
            break;
        }
        if (random() % 2 == 0)
            QCoreApplication::processEvents(QEventLoop::AllEvents, 5);
        QVERIFY(model.rowCount() <= 4);
        QVERIFY(log.rowCount() <= log.limit());
    }
    checkouts.clear();
    WAIT_COMPARE(settled, made);
    QCOMPARE(client->pendingCallCount(), 0);
    WAIT_FOR(!rowWith(model, WorkerModel::Running).isValid() && !rowWith(model, WorkerModel::Held).isValid()
             && !rowWith(model, WorkerModel::Leaving).isValid());
    int there = 0;
    std::set<qint64> pids;
    for (int row = 0; row < model.rowCount(); ++row) {
        there += stateIn(model, row) != WorkerModel::Empty;
        if (stateIn(model, row) == WorkerModel::Idle && pidIn(model, row) > 0)
            QVERIFY(pids.insert(pidIn(model, row)).second);
    }
    QCOMPARE(there, int(client->workerCount()));
    client.reset();
    QCOMPARE(model.rowCount(), 0);
}

PREFORK_TEST_MAIN(WatchingTest, fill)
#include "tst_watching.moc"
