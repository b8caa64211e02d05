// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKER_H
#define QTPREFORK_WORKER_H

#include <QtPrefork/global.h>

#include <QtCore/QString>

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

/// For use inside worker code, in any thread of it.
namespace Worker {

/// The client of this worker. Outside a worker, a Peer of nobody.
[[nodiscard]] QTPREFORK_EXPORT Peer peer();
/// This worker's number, from 1, never used twice by its zygote. Outside a worker, 0.
[[nodiscard]] QTPREFORK_EXPORT quint64 number();

/// Whether nobody wants the result of the call any more whose method runs: it was canceled, or the client has hung up.
/// False outside of a call, and outside a worker.
///
/// Made for inner loops: nearly always it costs a few nanoseconds, and looks at the connection about once a millisecond
/// as long as it is called often enough. Threads that the method has started may ask too, but only the thread that
/// serves looks at the connection, be it by this function, throwIfCanceled(), setProgress() or emitEvent(): while that
/// one waits for the others, they learn of nothing new.
///
/// A method that returns or throws anything after that counts as canceled. Over JSON nothing can be canceled; there it
/// is true once the client has closed the connection.
[[nodiscard]] QTPREFORK_EXPORT bool isCanceled();
/// Throws an Error with the code Error::Canceled if isCanceled(). A method that throws such an error unasked has failed
/// like any other: with the code Error::WorkerError.
QTPREFORK_EXPORT void throwIfCanceled();

}

}

#endif
