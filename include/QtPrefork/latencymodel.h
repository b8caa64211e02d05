// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LATENCYMODEL_H
#define QTPREFORK_LATENCYMODEL_H

#include <QtPrefork/detail/clientmodel.h>

namespace Prefork {

class LatencyModelPrivate;

/// A model of how long the calls of a client take: a row for each method, in the order of their first calls.
///
///     Prefork::LatencyModel latencies(&client);
///     …
///     qInfo() << latencies.finished() << "calls, p99" << latencies.p99() << "ms";
///
/// The latency of a call is the time that the caller waits: from when the call is made until its result arrives. Calls
/// that fail or are canceled are counted, but have no latency. p99 is the latency that 99 % of the calls do not exceed.
/// The error of a percentile is at most 2 %, or 10 ns.
///
/// **Columns and roles.** A row has the same value of a role in all columns. These are the roles, in the order of their
/// columns:
///
/// * `method` (QString): The method; "(no name)" for calls without a method's name. The first 64 methods have a row
///   each. All further methods share a row, the last one, with the name "(others)".
/// * `finished`, `failed`, `canceled` (qint64): How many calls ended in this way.
/// * `p50`, `p90`, `p99`, `longest` (double): Latencies in milliseconds; 0 if no call has finished. `longest` is
///   exact.
///
/// The properties with these names tell the same for all calls together.
///
/// **When.** data(), the properties and percentile() return what is known when they are called. Rows are inserted, and
/// dataChanged() and totalsChanged() are emitted, at most four times a second, because percentiles change slowly.
///
/// **What it costs.** A client without such a model pays nothing for this. With a model, each call of the client takes
/// about one microsecond longer. A method takes at most 11 kB, whatever the number of calls.
///
/// For the latencies of the last second, as charts show them, use a model of their own, and call its reset() every
/// second.
///
/// **Threads and lifetime.** The model must be used in the client's thread only. A client may have several models. A
/// model may be made before its client, and may outlive it: then its rows stay.
class QTPREFORK_EXPORT LatencyModel : public Prefork::detail::ClientModel
{
    Q_OBJECT
    Q_PROPERTY(qint64 finished READ finished NOTIFY totalsChanged)
    Q_PROPERTY(qint64 failed READ failed NOTIFY totalsChanged)
    Q_PROPERTY(qint64 canceled READ canceled NOTIFY totalsChanged)
    Q_PROPERTY(double p50 READ p50 NOTIFY totalsChanged)
    Q_PROPERTY(double p90 READ p90 NOTIFY totalsChanged)
    Q_PROPERTY(double p99 READ p99 NOTIFY totalsChanged)
    Q_PROPERTY(double longest READ longest NOTIFY totalsChanged)

public:
    enum Role {
        MethodRole = Qt::UserRole + 1,
        FinishedRole,
        FailedRole,
        CanceledRole,
        P50Role,
        P90Role,
        P99Role,
        LongestRole,
    };
    Q_ENUM(Role)

    /// Makes a model without a client.
    explicit LatencyModel(QObject *parent = nullptr);
    /// Makes a model of the calls of @p client that settle from now on.
    explicit LatencyModel(Client *client, QObject *parent = nullptr);
    ~LatencyModel() override;

    /// Returns the number of calls that had a result.
    [[nodiscard]] qint64 finished() const;
    /// Returns the number of calls that failed.
    [[nodiscard]] qint64 failed() const;
    /// Returns the number of calls that were canceled.
    [[nodiscard]] qint64 canceled() const;
    /// Returns the latency that half of the calls do not exceed, in milliseconds.
    [[nodiscard]] double p50() const { return percentile(50); }
    /// Returns the latency that 90 % of the calls do not exceed, in milliseconds.
    [[nodiscard]] double p90() const { return percentile(90); }
    /// Returns the latency that 99 % of the calls do not exceed, in milliseconds.
    [[nodiscard]] double p99() const { return percentile(99); }
    /// Returns the longest latency, in milliseconds.
    [[nodiscard]] double longest() const { return percentile(100); }
    /// Returns the latency that @p percent percent of all calls do not exceed, in milliseconds; 0 if none has finished.
    [[nodiscard]] Q_INVOKABLE double percentile(double percent) const;
    /// Returns the same for the calls of @p method, named as in the role `method`; 0 if there is no such row.
    [[nodiscard]] Q_INVOKABLE double percentile(double percent, const QString &method) const;
    /// Removes all rows, and counts from 0.
    Q_INVOKABLE void reset();

Q_SIGNALS:
    /// This signal is emitted when the properties of all calls together have changed.
    void totalsChanged();

private:
    friend class LatencyModelPrivate;
    LatencyModelPrivate *const d;
};
/// Shows the texts of all rows.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const LatencyModel *model);

}

#endif
