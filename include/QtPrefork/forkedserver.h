// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FORKEDSERVER_H
#define QTPREFORK_FORKEDSERVER_H

#include <QtPrefork/address.h>
#include <QtPrefork/global.h>
#include <QtPrefork/server.h>
#include <QtPrefork/zygote.h>

#include <memory>

namespace Prefork {

class ForkedServerPrivate;

/// A whole server, zygote and all, in a process of its own: for a program that wants to be its own server, and other
/// programs' too. (The original's fork_task_server; parity T15, T16.)
///
/// Make it at the top of main(), like a Zygote and for the same reasons; the constructor returns when the server
/// listens. The server is tied to this object: when it is destroyed, or the program ends in whatever way, the server
/// shuts down (ServerOptions::shutdownTimeout). Clients connect to address() like to any server. If nobody else is to
/// connect, a Client directly on a Zygote needs no server at all.
///
/// **Threads.** It must be made before there is a second thread, or it is not valid. What its functions tell never
/// changes, so any thread may ask; it is to be destroyed when none does any more.
class QTPREFORK_EXPORT ForkedServer
{
    Q_DISABLE_COPY_MOVE(ForkedServer)

public:
    ForkedServer(const Interface &interface, const Address &address, const ZygoteOptions &zygoteOptions = {},
                 const ServerOptions &serverOptions = {});
    /// Ends the server and waits for that, no longer than its shutdownTimeout and a second; then it is killed. With a
    /// negative shutdownTimeout it is not waited for.
    ~ForkedServer();

    /// Whether it listened when it was made.
    [[nodiscard]] bool isValid() const;
    /// Why not, with the cure; empty when it is valid.
    [[nodiscard]] QString errorString() const;
    /// Where it listens, with the port the system chose if 0 was asked for.
    [[nodiscard]] Address address() const;
    /// Of the server; 0 when it is not valid.
    [[nodiscard]] qint64 processId() const;

private:
    std::unique_ptr<ForkedServerPrivate> d;
};

}

#endif
