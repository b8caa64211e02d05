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

/// A server and its zygote in a process of their own, for a program that wants to serve itself and other programs.
///
/// Like a Zygote, make it at the top of main(), before QCoreApplication and before any thread. The constructor returns
/// when the server listens. When this object is destroyed, or the program ends in any way, the server shuts down
/// (ServerOptions::shutdownTimeout). Clients connect to address() as they connect to any server. If no other program
/// has to connect, use a Client directly on a Zygote, which needs no server.
///
/// **Threads.** It must be made before there is a second thread, or it is not valid. The values that its functions
/// return never change, so any thread may call them. Destroy it when no thread calls them any more.
class QTPREFORK_EXPORT ForkedServer
{
    Q_DISABLE_COPY_MOVE(ForkedServer)

public:
    /// Starts a server for @p interface at @p address.
    ForkedServer(const Interface &interface, const Address &address, const ZygoteOptions &zygoteOptions = {},
                 const ServerOptions &serverOptions = {});
    /// Ends the server and waits until it has ended. If this takes a second longer than its shutdownTimeout, the server
    /// is killed. If shutdownTimeout is negative, the destructor does not wait.
    ~ForkedServer();

    /// Returns true if the server listened when this object was made.
    [[nodiscard]] bool isValid() const;
    /// Returns why the server is not valid and what to do about it, or an empty string if it is valid.
    [[nodiscard]] QString errorString() const;
    /// Returns the address at which the server listens. If port 0 was asked for, it has the port that the system chose.
    [[nodiscard]] Address address() const;
    /// Returns the process id of the server, or 0 if it is not valid.
    [[nodiscard]] qint64 processId() const;

private:
    std::unique_ptr<ForkedServerPrivate> d;
};

}

#endif
