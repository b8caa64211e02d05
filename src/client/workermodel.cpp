// SPDX-License-Identifier: MIT
#include <QtPrefork/workermodel.h>

#include "client/clientcore_p.h"
#include "client/clientmodel_p.h"
#include "posix/clock_p.h"

#include <QtCore/QMetaMethod>

namespace Prefork {

using namespace Internal;
using namespace std::chrono_literals;
using Posix::now;
using Views::Place;

namespace {

constexpr std::array WorkerColumns{
    TableColumn{WorkerModel::PidRole, "pid", QT_TRANSLATE_NOOP("Prefork::WorkerModel", "PID"), true},
    TableColumn{WorkerModel::StateRole, "state", QT_TRANSLATE_NOOP("Prefork::WorkerModel", "State")},
    TableColumn{WorkerModel::MethodRole, "method", QT_TRANSLATE_NOOP("Prefork::WorkerModel", "Method")},
    TableColumn{WorkerModel::RunningForRole, "runningFor", QT_TRANSLATE_NOOP("Prefork::WorkerModel", "Running for"),
                true},
    TableColumn{WorkerModel::CallsServedRole, "callsServed", QT_TRANSLATE_NOOP("Prefork::WorkerModel", "Calls served"),
                true},
    TableColumn{WorkerModel::LastDeathRole, "lastDeath", QT_TRANSLATE_NOOP("Prefork::WorkerModel", "Last death")},
};
constexpr TableColumns WorkerTable("Prefork::WorkerModel", WorkerColumns);

constexpr std::chrono::nanoseconds KeepsEmpty = 5s;
constexpr std::chrono::milliseconds TickInterval = 250ms;

std::chrono::nanoseconds runningFor(const Place &place)
{
    if (place.seen.state != WorkerModel::Running || place.seen.since == std::chrono::nanoseconds::zero())
        return {};
    return std::max(now() - place.seen.since, std::chrono::nanoseconds::zero()); // the time may be of the rough clock
}

QVariant valueOf(const Place &place, int role)
{
    switch (role) {
    case WorkerModel::PidRole:
        return place.seen.pid;
    case WorkerModel::StateRole:
        return int(place.seen.state);
    case WorkerModel::MethodRole:
        return place.seen.method;
    case WorkerModel::RunningForRole:
        return qint64(std::chrono::duration_cast<std::chrono::milliseconds>(runningFor(place)).count());
    case WorkerModel::CallsServedRole:
        return place.seen.callsServed;
    case WorkerModel::LastDeathRole:
        return place.lastDeath;
    default:
        return {};
    }
}

QString stateText(WorkerModel::State state)
{
    switch (state) {
    case WorkerModel::Empty:
        return WorkerModel::tr("empty");
    case WorkerModel::Connecting:
        return WorkerModel::tr("connecting");
    case WorkerModel::Idle:
        return WorkerModel::tr("idle");
    case WorkerModel::Held:
        return WorkerModel::tr("held");
    case WorkerModel::Running:
        return WorkerModel::tr("running");
    case WorkerModel::Releasing:
        return WorkerModel::tr("releasing");
    case WorkerModel::Leaving:
        return WorkerModel::tr("leaving");
    }
    return {};
}

QVariant textOf(const Place &place, int role)
{
    switch (role) {
    case WorkerModel::PidRole:
        return place.seen.pid == 0 ? QVariant() : QVariant(place.seen.pid);
    case WorkerModel::StateRole:
        return stateText(place.seen.state);
    case WorkerModel::RunningForRole:
        return place.seen.state == WorkerModel::Running ? shortDuration(runningFor(place)) : QVariant();
    case WorkerModel::CallsServedRole:
        return place.isEmpty() ? QVariant() : QVariant(place.seen.callsServed);
    default:
        return valueOf(place, role);
    }
}

QString deathText(const Error &error)
{
    const QString message = Views::shortened(error.message());
    const QString detail = Views::shortened(error.detail());
    if (error.code() == Error::WorkerLost)
        return detail.isEmpty() ? message : detail;
    return detail.isEmpty() ? QStringLiteral("given up: %1").arg(message)
                            : QStringLiteral("given up: %1 (%2)").arg(message, detail);
}

}

class WorkerModelPrivate final : public detail::ClientModelPrivate
{
public:
    explicit WorkerModelPrivate(WorkerModel *model)
        : ClientModelPrivate(model, Interest::Workers, WorkerTable)
        , q(model)
        , removal(model)
        , tick(model)
    {
        removal.setSingleShot(true);
        removal.callOnTimeout(q, [this] { tell(); });
        tick.setInterval(TickInterval);
        tick.callOnTimeout(q, [this] { onTick(); });
    }

    int rowCount() const override { return board.size(); }
    QVariant value(int row, int role) const override { return valueOf(board.at(row), role); }
    QVariant text(int row, int role) const override { return textOf(board.at(row), role); }
    void workerDied(quint64 worker, const Error &error) override;
    bool isDue() override;
    void tell() override;
    void followClient() override { reset(); }
    void updateTick();

    WorkerModel *const q;
    Views::WorkerBoard board{KeepsEmpty};
    QTimer removal; // is due when an empty place is to be removed
    QTimer tick; // is active while `runningFor` has to be told

private:
    struct Death
    {
        qint64 pid;
        QString reason;
    };

    void reset();
    [[nodiscard]] bool follow();
    void onTick();
    template <class Change>
    [[nodiscard]] bool emitted(Change change);

    std::vector<Death> m_deaths; // that workerDied() has not told of
    quint64 m_resets = 0; // how many times the rows were replaced
    bool m_isFollowing = false; // follow() is on the stack
    bool m_isInside = false; // a signal is being emitted that tells of a change of the rows
    bool m_isResetDue = false; // reset() was called inside such a signal
};

// Replaces the rows by the workers of the client, if there is one.
void WorkerModelPrivate::reset()
{
    if (m_isInside) {
        m_isResetDue = true;
        return;
    }
    m_isResetDue = false;
    ++m_resets;
    q->beginResetModel();
    m_deaths.clear();
    board.clear();
    if (core()) {
        Views::WorkerBoard::Plan plan = board.plan(core()->observers().workers(), now());
        board.append(plan);
    }
    q->endResetModel();
    removal.stop();
    updateTick();
}

// A worker that was given up may be reported a second time, when its connection ends.
void WorkerModelPrivate::workerDied(quint64 worker, const Error &error)
{
    const QString reason = deathText(error);
    if (board.noteDeath(worker, reason))
        m_deaths.push_back({board.pidOf(worker), reason}); // its connection may be gone
}

bool WorkerModelPrivate::isDue()
{
    return !m_isFollowing && (!m_deaths.empty() || board.differs(core()->observers().workers(), now()));
}

void WorkerModelPrivate::tell()
{
    if (m_isFollowing || !core())
        return;
    const QPointer<QObject> alive = q;
    m_isFollowing = true;
    const bool isDone = follow();
    if (!alive)
        return;
    m_isFollowing = false;
    if (!isDone)
        return;
    updateTick();
    if (const auto next = board.nextRemoval())
        removal.start(std::max(std::chrono::ceil<std::chrono::milliseconds>(*next - now()), 0ms));
    const quint64 resets = m_resets;
    for (const Death &death : std::exchange(m_deaths, {})) {
        Q_EMIT q->workerDied(death.pid, death.reason);
        if (!alive || resets != m_resets)
            return;
    }
}

// Runs @p change, which emits signals. The slots may delete the model or the client, or give the model another client.
// In the last two cases the rows are replaced only after all slots have run. Returns false if any of this has happened.
template <class Change>
bool WorkerModelPrivate::emitted(Change change)
{
    const QPointer<QObject> alive = q;
    m_isInside = true;
    change();
    if (!alive)
        return false;
    m_isInside = false;
    if (!m_isResetDue)
        return true;
    reset();
    return false;
}

bool WorkerModelPrivate::follow()
{
    const std::vector<Views::SeenWorker> workers = core()->observers().workers();
    Views::WorkerBoard::Plan plan = board.plan(workers, now());
    board.change(plan);
    board.forgetDeaths(workers);
    if (plan.firstChanged >= 0) {
        plan.roles.push_back(Qt::DisplayRole);
        const bool isSame = emitted([&] {
            Q_EMIT q->dataChanged(q->index(plan.firstChanged, 0), q->index(plan.lastChanged, WorkerTable.count() - 1),
                                  plan.roles);
        });
        if (!isSame)
            return false;
    }
    for (const int row : plan.removed) {
        const bool isSame = emitted([&] {
            q->beginRemoveRows({}, row, row);
            board.remove(row);
            q->endRemoveRows();
        });
        if (!isSame)
            return false;
    }
    if (plan.appended.empty())
        return true;
    return emitted([&] {
        q->beginInsertRows({}, board.size(), board.size() + int(plan.appended.size()) - 1);
        board.append(plan);
        q->endInsertRows();
    });
}

// A view is connected to dataChanged(). If nothing is, nobody looks at the time that calls run.
void WorkerModelPrivate::updateTick()
{
    static const QMetaMethod signal = QMetaMethod::fromSignal(&WorkerModel::dataChanged);
    const bool isWanted = board.running() && q->isSignalConnected(signal);
    if (isWanted && !tick.isActive())
        tick.start();
    else if (!isWanted)
        tick.stop();
}

void WorkerModelPrivate::onTick()
{
    updateTick();
    const auto rows = board.running();
    if (!rows || !tick.isActive() || m_isInside)
        return;
    static_cast<void>(emitted([&] {
        Q_EMIT q->dataChanged(q->index(rows->first, 0), q->index(rows->second, WorkerTable.count() - 1),
                              {WorkerModel::RunningForRole, Qt::DisplayRole});
    }));
}

WorkerModel::WorkerModel(QObject *parent)
    : ClientModel(parent)
    , d(new WorkerModelPrivate(this))
{
    m_private.reset(d);
}

WorkerModel::WorkerModel(Client *client, QObject *parent)
    : WorkerModel(parent)
{
    setClient(client);
}

WorkerModel::~WorkerModel() = default;

// This may be called in any thread.
void WorkerModel::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&WorkerModel::dataChanged))
        QMetaObject::invokeMethod(this, [this] { d->updateTick(); }, Qt::QueuedConnection);
}

}
