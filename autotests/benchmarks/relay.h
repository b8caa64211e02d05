// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_RELAY_H
#define BENCHMARKS_RELAY_H

#include <QtCore/QByteArray>

namespace Bench {

/// Starts a process that stands between a client and a server on unix sockets. It accepts one connection at @p path,
/// connects it to @p serverPath when the client has connected, and passes on what each side says in the native
/// protocol. It holds back what the worker says while calls are unanswered, so that the answers to all calls that are
/// in flight reach the client together. How many answers a client reads at a time is then no matter of chance.
void startRelay(const QByteArray &path, const QByteArray &serverPath);

}

#endif
