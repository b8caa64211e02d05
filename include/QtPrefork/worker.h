// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKER_H
#define QTPREFORK_WORKER_H

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/event.h>
#include <QtPrefork/global.h>

#include <QtCore/QString>
#include <QtCore/QVariant>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// The client at the other end of a worker's connection, as far as the kernel tells.
struct Peer
{
    qint64 uid = -1; ///< the user id at the other end of a unix socket; -1 if it is unknown
    qint64 gid = -1; ///< the group id at the other end of a unix socket; -1 if it is unknown
    qint64 pid = -1; ///< the process id at the time of connecting; -1 if it is unknown; this process may have ended
                     ///< since
    /// `tcp://host:port` of the other end, or the unix address to which the client has connected. It is empty for a
    /// client directly on a zygote.
    QString address = {};
};
/// Shows the members that are known.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Peer &peer);

namespace detail {

/// Returns true if an event that is emitted now reaches the client.
[[nodiscard]] QTPREFORK_EXPORT bool takesEvents();
QTPREFORK_EXPORT void emitEvent(const char *name, const CallArguments &arguments);

}

/// Functions for code that runs in a worker. Any thread of the worker may call them, except setProgress() and
/// emitEvent(): only the thread that runs the method may call these two.
namespace Worker {

/// Returns the client of this worker. Outside a worker, and in a spare worker that has no connection yet
/// (ZygoteOptions::setupAhead), it returns a Peer whose members have their default values.
[[nodiscard]] QTPREFORK_EXPORT Peer peer();
/// Returns the number of this worker, or 0 outside a worker. The first worker of a zygote has the number 1, and no
/// number is used twice.
[[nodiscard]] QTPREFORK_EXPORT quint64 number();

/// Returns true if the result of the running call is not wanted any more: the call was canceled, or the client has
/// closed the connection. Returns false outside a call and outside a worker.
///
/// This function is made for inner loops. Nearly all calls of it take a few nanoseconds. If it is called often enough,
/// it looks at the connection about once a millisecond. In a loop that suddenly becomes slow, it looks at the
/// connection after eight rounds at most.
///
/// Threads that the method has started may call this function too. But only the thread that runs the method looks at
/// the connection: in isCanceled(), throwIfCanceled(), setProgress() or emitEvent(). While this thread waits for the
/// others, the result of this function does not change in them. The same is true in a process that the method forks.
///
/// When this function has returned true, the call counts as canceled, whatever the method returns or throws. Over JSON
/// a call cannot be canceled. There this function returns true when the client has closed the connection.
[[nodiscard]] QTPREFORK_EXPORT bool isCanceled();
/// Throws an Error with the code Error::Canceled if isCanceled() returns true. If a method throws such an error while
/// its call is not canceled, the call fails with the code Error::WorkerError.
QTPREFORK_EXPORT void throwIfCanceled();

/// Reports the progress of the method to the caller. @p value is how far the method has come, in the unit in which it
/// counts. @p maximum is what @p value will be at the end, or 0 if this is not known. @p text is a text for people.
///
/// This function may be called as often as you like. At most one report in 10 milliseconds is sent, and none while the
/// client does not read. The last report before an event or the result is always sent. A report does not extend any
/// time-out. Throws an Error if @p text is longer than the client accepts.
///
/// Outside a call there is no receiver: in setup, in checkoutDone, in another thread than the method's, and in a
/// process that the method has forked. There nothing is sent, and the first time a warning is logged (category
/// prefork.worker). Over JSON, and to a client that does not support progress, this function does nothing.
QTPREFORK_EXPORT void setProgress(qint64 value, qint64 maximum, const QString &text = {});

/// Sends an event to the caller while the method runs. @p arguments are converted to the types of the event, by the
/// rules for the arguments of a call. If a type of the event cannot hold the value of an integer, an Error with the
/// code Error::BadArguments is thrown. The client receives events and progress in the order in which they were sent,
/// and before the result.
///
/// No event is dropped here. Each one is written at once. If the client does not read, this function waits until it
/// does, or until it has closed the connection. Throws an Error, whose text names the limit, if the event cannot be
/// encoded or is larger than the client accepts. Then nothing was sent. Outside a call, over JSON, and to a client that
/// does not support events, it behaves as setProgress().
template <class... A, class... T>
void emitEvent(const Event<A...> &event, T &&...arguments)
{
    if constexpr (detail::accept<detail::EventForm<Event<A...>, T...>::flaw>()) {
        if constexpr (detail::isAnyChecked<std::tuple<std::remove_cvref_t<A>...>, std::tuple<T...>>)
            detail::mustFit(
                detail::misfitOf<std::remove_cvref_t<A>...>(detail::eventTitle(event.name()), arguments...));
        if (detail::takesEvents())
            detail::emitEvent(event.name(),
                              detail::TypedArguments<std::remove_cvref_t<A>...>(std::forward<T>(arguments)...));
    }
}
/// Sends an event with any @p arguments to the caller.
QTPREFORK_EXPORT void emitEvent(const QString &name, const QVariantList &arguments = {});

}

}

#endif
