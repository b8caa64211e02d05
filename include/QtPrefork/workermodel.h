// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERMODEL_H
#define QTPREFORK_WORKERMODEL_H

#include <QtPrefork/detail/clientmodel.h>

namespace Prefork {

class WorkerModelPrivate;

/// A model of what the workers of a client are doing, for a QTableView, for a ListView of QML, or for your own code:
///
///     view->setModel(client.workerModel());
///
/// A row is a *place* in the client's pool. When the worker of a place has gone, the place is Empty. The next worker
/// that is connected takes the first empty place, if there is one; else a row is appended. A place that stays empty for
/// five seconds is removed. So there are never more rows than ClientOptions::maxWorkers, a row stays the same row while
/// workers come and go, and the reason why a worker died can be read in the row of the worker that replaces it.
///
/// **Columns and roles.** A row has the same value of a role in all columns. These are the roles, in the order of their
/// columns:
///
/// * `pid` (qint64): The process id of the worker. Over the native protocol it is what the worker says, so it belongs
///   to the machine or the container of the worker. Over JSON it is known for a client directly on a zygote. 0 means
///   that it is not known, or that the place is empty.
/// * `state` (int): A WorkerModel::State.
/// * `method` (QString): The method of the call that the worker has. It is empty if there is no call, or the call has
///   no method's name.
/// * `runningFor` (qint64): How long that call has been running, in milliseconds. It may be wrong by 10 ms. The setup
///   of the worker is included, if this is its first call. It is 0 if the state is not Running.
/// * `callsServed` (qint64): How many calls the worker has answered in its life. Calls that it dropped are not
///   included.
/// * `lastDeath` (QString): Why the last worker that died in this place died, such as "the worker was killed by
///   SIGKILL"; at most a thousand characters and a few words. It is empty if none has died here. See workerDied().
///
/// Qt::DisplayRole has a text for people: the same values, with units, and nothing instead of 0. A proxy that sorts by
/// a column needs the role of that column as its sort role.
///
/// **When.** The rows are brought up to date once in each turn of the client's event loop in which something has
/// changed. Then dataChanged() is emitted at most once, for all changed rows. While a worker is Running, and something
/// is connected to dataChanged(), it is emitted four times a second besides, for `runningFor`.
///
/// **What it costs.** A client without a model pays nothing for this. With a model, the client compares its workers
/// with the rows in each turn of the event loop. This takes some microseconds for twenty workers, and nothing for each
/// call.
///
/// **Threads and lifetime.** The model must be used in the client's thread only. A client may have several models. A
/// model may be made before its client, and may outlive it: then it has no rows.
class QTPREFORK_EXPORT WorkerModel : public Prefork::detail::ClientModel // in full, for qmltypes
{
    Q_OBJECT

public:
    enum Role {
        PidRole = Qt::UserRole + 1,
        StateRole,
        MethodRole,
        RunningForRole,
        CallsServedRole,
        LastDeathRole,
    };
    Q_ENUM(Role)
    enum State {
        Empty, ///< no worker is in this place
        Connecting, ///< the worker is being connected, or has not sent its first message yet
        Idle, ///< the worker waits for a checkout
        Held, ///< a checkout holds the worker, and no call is with it
        Running, ///< the worker has a call
        Releasing, ///< the checkout was released, and the worker runs Interface::checkoutDone
        Leaving, ///< the client has given the worker up, and waits for the rest of what it sends
    };
    Q_ENUM(State)

    /// Makes a model without a client, and without rows.
    explicit WorkerModel(QObject *parent = nullptr);
    /// Makes a model of the workers of @p client.
    explicit WorkerModel(Client *client, QObject *parent = nullptr);
    ~WorkerModel() override;

Q_SIGNALS:
    /// This signal is emitted for each worker that dies, when the rows are up to date again. @p pid and @p reason are
    /// as in the roles. A worker dies
    ///
    /// * on its own, or because somebody kills it, or because it could not be forked,
    /// * because its server tells it to leave,
    /// * or because the client gives it up, when a call of its takes too long, when its checkout is aborted, or when
    ///   a canceled call does not end.
    ///
    /// Workers that the client lets go for other reasons do not count: those that were idle for too long, have served
    /// their checkouts, have seen an error, or are replaced by Client::recycleWorkers().
    void workerDied(qint64 pid, const QString &reason);

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class WorkerModelPrivate;
    WorkerModelPrivate *const d;
};
/// Shows the texts of all rows.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const WorkerModel *model);

}

#endif
