// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLLOG_H
#define QTPREFORK_CALLLOG_H

#include <QtPrefork/detail/clientmodel.h>

namespace Prefork {

class CallLogPrivate;

/// A model of the last calls of a client that have settled, the newest first: how each call ended, and where its time
/// went.
///
///     Prefork::CallLog log(&client);
///     view->setModel(&log);
///
/// **Columns and roles.** A row has the same value of a role in all columns. These are the roles, in the order of their
/// columns:
///
/// * `settledAt` (QDateTime): When the call settled.
/// * `method` (QString): The method of the call. It is empty for a call without a method's name.
/// * `outcome` (int): A CallLog::Outcome.
/// * `timeInLine` (double): How long the call waited before it began, in milliseconds: for a worker, for the calls
///   before it, and for the setup of its worker. If it never began, this is all its time.
/// * `timeRunning` (double): How long the call ran, in milliseconds. The way to the worker and back is included. It
///   is 0 if the call never began.
/// * `errorText` (QString): Error::message() and Error::detail() of a call that failed, or that was canceled because
///   a call before it failed; at most a thousand characters. It is empty for other calls.
/// * `errorCode` (int): The Error::Code that belongs to it. It has no column.
///
/// A worker does not say when it begins a call. The log takes the moment at which the client got the answer to the call
/// before it. Calls that were made before the log had this client have times that may be wrong by 10 ms.
///
/// Qt::DisplayRole has a text for people. A proxy that sorts by a column needs the role of that column as its sort
/// role.
///
/// **When.** Rows are inserted and removed once in each turn of the client's event loop in which calls have settled.
///
/// **What it costs.** A client without a log pays nothing for this. With a log, each call of the client takes about one
/// microsecond longer. A row takes 200 bytes, and the texts of its error.
///
/// **Threads and lifetime.** The log must be used in the client's thread only. A client may have several logs. A log
/// may be made before its client, and may outlive it: then its rows stay. The last rows are of the calls that failed
/// because the client was destroyed.
class QTPREFORK_EXPORT CallLog : public Prefork::detail::ClientModel
{
    Q_OBJECT
    Q_PROPERTY(int limit READ limit WRITE setLimit NOTIFY limitChanged)

public:
    enum Role {
        SettledAtRole = Qt::UserRole + 1,
        MethodRole,
        OutcomeRole,
        TimeInLineRole,
        TimeRunningRole,
        ErrorTextRole,
        ErrorCodeRole,
    };
    Q_ENUM(Role)
    enum Outcome {
        Finished, ///< the call has a result
        Failed, ///< the call has an error
        Canceled, ///< Call::cancel() was called, or a call before it has failed
    };
    Q_ENUM(Outcome)

    /// Makes a log without a client.
    explicit CallLog(QObject *parent = nullptr);
    /// Makes a log of the calls of @p client that settle from now on.
    explicit CallLog(Client *client, QObject *parent = nullptr);
    ~CallLog() override;

    /// Returns the largest number of rows. The default is 100.
    [[nodiscard]] int limit() const;
    /// Sets the largest number of rows; at least 0. If there are more rows, the oldest ones are removed. A negative
    /// limit is ignored, with a warning.
    void setLimit(int limit);
    /// Removes all rows.
    Q_INVOKABLE void clear();

Q_SIGNALS:
    /// This signal is emitted when limit() has changed.
    void limitChanged();

private:
    friend class CallLogPrivate;
    CallLogPrivate *const d;
};
/// Shows the texts of all rows.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const CallLog *log);

}

#endif
