// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKER_H
#define QTPREFORK_WORKER_H

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/event.h>
#include <QtPrefork/global.h>

#include <QtCore/QString>
#include <QtCore/QVariant>

namespace Prefork {

/// Who is at the other end of a worker's connection, as far as the kernel says so.
struct Peer
{
    qint64 uid = -1; ///< of a unix socket's other end; -1 = unknown
    qint64 gid = -1;
    qint64 pid = -1; ///< at the time it connected; that process may be gone
    QString identity = {}; ///< as authenticated; empty for now
    QString address
        = {}; ///< `tcp://host:port` of the other end, or the unix address connected to; empty for an embedded client
};

namespace detail {

/// Whether an event that is emitted here and now goes to the client.
[[nodiscard]] QTPREFORK_EXPORT bool takesEvents();
QTPREFORK_EXPORT void emitEvent(const char *name, const CallArguments &arguments);

}

/// For use inside worker code, in any thread of it, but for setProgress() and emitEvent(): those are for the thread in
/// which the method runs.
namespace Worker {

/// The client of this worker. Outside a worker, a Peer of nobody.
[[nodiscard]] QTPREFORK_EXPORT Peer peer();
/// This worker's number, from 1, never used twice by its zygote. Outside a worker, 0.
[[nodiscard]] QTPREFORK_EXPORT quint64 number();

/// Whether nobody wants the result of the call any more whose method runs: it was canceled, or the client has hung up.
/// False outside of a call, and outside a worker.
///
/// Made for inner loops: nearly always it costs a few nanoseconds, and looks at the connection about once a millisecond
/// as long as it is called often enough; in a loop that becomes slow all at once it notices that after eight rounds at
/// most. Threads that the method has started may ask too, but only the thread that
/// serves looks at the connection, be it by this function, throwIfCanceled(), setProgress() or emitEvent(): while that
/// one waits for the others, they learn of nothing new. The same is true of a process that the method forks.
///
/// A method that returns or throws anything after that counts as canceled. Over JSON nothing can be canceled; there it
/// is true once the client has closed the connection.
[[nodiscard]] QTPREFORK_EXPORT bool isCanceled();
/// Throws an Error with the code Error::Canceled if isCanceled(). A method that throws such an error unasked has failed
/// like any other: with the code Error::WorkerError.
QTPREFORK_EXPORT void throwIfCanceled();

/// Tells the caller how far the method has come, in whatever unit it counts; @p maximum is what @p value will be at the
/// end, 0 if that is not known. @p text is for people.
///
/// May be called as often as one likes: it is sent every 10 milliseconds at most, and not while the client does not
/// read; what was said last leaves before the next event or the result in any case. Throws an Error if @p text is
/// longer than the client accepts. Prolongs no time-out.
///
/// Setup, checkoutDone and whatever runs outside of a call have nobody to tell, and neither has another thread than the
/// method's, or a process that the method has forked: there nothing is sent, and the first time a warning is logged
/// (category prefork.worker). Over JSON, and to a client that does not speak of progress, it does nothing.
QTPREFORK_EXPORT void setProgress(qint64 value, qint64 maximum, const QString &text = {});

/// Says something to the caller while the method runs: @p arguments become the types of the event, as those of a call
/// become the method's, and the client hears of it before the result, and in the order in which events and progress
/// were said. An integer that the event's type does not have throws an Error with the code Error::BadArguments.
///
/// No event is dropped here. Each is written at once; if the client does not read, this waits until it does, or until
/// it has hung up. Throws an Error if the event cannot be encoded or is larger than the client accepts, whose text
/// names the limit; then nothing was sent. Where there is nobody to tell it is as for setProgress().
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
/// The same with whatever @p arguments there are.
QTPREFORK_EXPORT void emitEvent(const QString &name, const QVariantList &arguments = {});

}

}

#endif
