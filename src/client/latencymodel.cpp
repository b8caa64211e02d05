// SPDX-License-Identifier: MIT
#include <QtPrefork/latencymodel.h>

#include "client/clientmodel_p.h"
#include "views/methodlatencies_p.h"

namespace Prefork {

using namespace Internal;
using namespace std::chrono_literals;
using Views::MethodLatencies;

namespace {

constexpr std::array LatencyColumns{
    TableColumn{LatencyModel::MethodRole, "method", QT_TRANSLATE_NOOP("Prefork::LatencyModel", "Method")},
    TableColumn{LatencyModel::FinishedRole, "finished", QT_TRANSLATE_NOOP("Prefork::LatencyModel", "Finished"), true},
    TableColumn{LatencyModel::FailedRole, "failed", QT_TRANSLATE_NOOP("Prefork::LatencyModel", "Failed"), true},
    TableColumn{LatencyModel::CanceledRole, "canceled", QT_TRANSLATE_NOOP("Prefork::LatencyModel", "Canceled"), true},
    TableColumn{LatencyModel::P50Role, "p50", "p50", true},
    TableColumn{LatencyModel::P90Role, "p90", "p90", true},
    TableColumn{LatencyModel::P99Role, "p99", "p99", true},
    TableColumn{LatencyModel::LongestRole, "longest", QT_TRANSLATE_NOOP("Prefork::LatencyModel", "Longest"), true},
};
constexpr TableColumns LatencyTable("Prefork::LatencyModel", LatencyColumns);

constexpr std::chrono::milliseconds Interval = 250ms;

// Returns the percentage of a role that is a percentile; a negative number for other roles.
double percentOf(int role)
{
    switch (role) {
    case LatencyModel::P50Role:
        return 50;
    case LatencyModel::P90Role:
        return 90;
    case LatencyModel::P99Role:
        return 99;
    case LatencyModel::LongestRole:
        return 100;
    default:
        return -1;
    }
}

QString nameOf(const MethodLatencies &methods, std::size_t number)
{
    if (MethodLatencies::isOthers(number))
        return LatencyModel::tr("(others)");
    const QString method = methods.methodOf(number);
    return method.isEmpty() ? LatencyModel::tr("(no name)") : method;
}

QVariant valueOf(const MethodLatencies::Entry &entry, int role)
{
    switch (role) {
    case LatencyModel::FinishedRole:
        return qint64(entry.latencies.count());
    case LatencyModel::FailedRole:
        return qint64(entry.failed);
    case LatencyModel::CanceledRole:
        return qint64(entry.canceled);
    default:
        return percentOf(role) < 0 ? QVariant() : inMilliseconds(entry.latencies.percentile(percentOf(role)));
    }
}

}

class LatencyModelPrivate final : public detail::ClientModelPrivate
{
public:
    explicit LatencyModelPrivate(LatencyModel *model)
        : ClientModelPrivate(model, Interest::Calls, LatencyTable)
        , q(model)
        , timer(model)
    {
        timer.setSingleShot(true);
        timer.setInterval(Interval);
        timer.callOnTimeout(q, [this] { tell(); });
    }

    int rowCount() const override { return rows; }
    QVariant value(int row, int role) const override;
    QVariant text(int row, int role) const override;
    void callEnded(const Views::EndedCall &call) override;
    bool isDue() override;
    void tell() override;
    void reset();

    LatencyModel *const q;
    MethodLatencies methods;
    int rows = 0; // how many entries of methods are rows already
    QTimer timer; // while it is active nothing more is told

private:
    [[nodiscard]] bool tellRows();

    int m_firstChanged = -1; // the first entry that has changed since something was told; -1 = none
    int m_lastChanged = -1; // the last one
    bool m_isTelling = false; // a signal is being emitted that tells of a change of the rows
    bool m_isResetDue = false; // reset() was called inside such a signal
};

void LatencyModelPrivate::callEnded(const Views::EndedCall &call)
{
    const int row = int(methods.add(call));
    m_firstChanged = m_firstChanged < 0 ? row : std::min(m_firstChanged, row);
    m_lastChanged = std::max(m_lastChanged, row);
}

// The first change is told at the end of the turn, and those that follow when the timer is over.
bool LatencyModelPrivate::isDue()
{
    return m_firstChanged >= 0 && !m_isTelling && !timer.isActive();
}

void LatencyModelPrivate::tell()
{
    if (m_firstChanged < 0 || m_isTelling)
        return;
    timer.start();
    m_isTelling = true;
    if (!tellRows())
        return;
    m_isTelling = false;
    if (std::exchange(m_isResetDue, false)) {
        reset();
    } else {
        Q_EMIT q->totalsChanged();
    }
}

// Tells of changed rows and of new ones. Returns false if a slot has deleted the model.
bool LatencyModelPrivate::tellRows()
{
    const QPointer<QObject> alive = q;
    const int first = std::exchange(m_firstChanged, -1);
    const int last = std::min(std::exchange(m_lastChanged, -1), rows - 1);
    if (first <= last) {
        Q_EMIT q->dataChanged(q->index(first, 0), q->index(last, LatencyTable.count() - 1));
        if (!alive)
            return false;
    }
    if (const int size = int(methods.size()); size > rows) {
        q->beginInsertRows({}, rows, size - 1);
        rows = size;
        q->endInsertRows();
    }
    return !alive.isNull();
}

void LatencyModelPrivate::reset()
{
    if (m_isTelling) {
        m_isResetDue = true;
        return;
    }
    q->beginResetModel();
    methods.clear();
    rows = 0;
    m_firstChanged = m_lastChanged = -1;
    q->endResetModel();
    Q_EMIT q->totalsChanged();
}

QVariant LatencyModelPrivate::value(int row, int role) const
{
    const std::size_t number = std::size_t(row);
    return role == LatencyModel::MethodRole ? nameOf(methods, number) : valueOf(methods.at(number), role);
}

QVariant LatencyModelPrivate::text(int row, int role) const
{
    if (percentOf(role) < 0)
        return value(row, role);
    const Views::LatencyHistogram &latencies = methods.at(std::size_t(row)).latencies;
    return latencies.count() == 0 ? QVariant() : shortDuration(latencies.percentile(percentOf(role)));
}

LatencyModel::LatencyModel(QObject *parent)
    : ClientModel(parent)
    , d(new LatencyModelPrivate(this))
{
    m_private.reset(d);
}

LatencyModel::LatencyModel(Client *client, QObject *parent)
    : LatencyModel(parent)
{
    setClient(client);
}

LatencyModel::~LatencyModel() = default;

qint64 LatencyModel::finished() const
{
    return qint64(d->methods.total().latencies.count());
}

qint64 LatencyModel::failed() const
{
    return qint64(d->methods.total().failed);
}

qint64 LatencyModel::canceled() const
{
    return qint64(d->methods.total().canceled);
}

double LatencyModel::percentile(double percent) const
{
    return inMilliseconds(d->methods.total().latencies.percentile(percent));
}

double LatencyModel::percentile(double percent, const QString &method) const
{
    for (std::size_t number = 0; number < d->methods.size(); ++number) {
        if (nameOf(d->methods, number) == method)
            return inMilliseconds(d->methods.at(number).latencies.percentile(percent));
    }
    return 0;
}

void LatencyModel::reset()
{
    d->reset();
}

}
