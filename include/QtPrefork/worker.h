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

}

}

#endif
