// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVER_H
#define QTPREFORK_SERVER_H

#include <QtPrefork/address.h>
#include <QtPrefork/global.h>
#include <QtPrefork/peerpolicy.h>

#include <QtCore/QObject>

#include <memory>

namespace Prefork {

class ServerPrivate;
class Zygote;

struct ServerOptions
{
    /// The permissions of a socket file, as for chmod; in force before the path appears. Default: its owner only.
    uint socketMode = 0600;
    /// How many connections may wait to be accepted.
    int backlog = 512;
    /// Who may connect to a unix socket, besides having to get past socketMode. Others are hung up on before anything of theirs is read or
    /// a worker forked for them, with a warning in the log.
    PeerPolicy peers = {};
};

/// Listens at an address and has its zygote fork a worker for every connection, on the Qt event loop and without ever blocking it.
/// (Parity T1, T10, T11, T14.)
///
/// A unix path appears atomically and is removed on close() or destruction, if it is still this server's. A socket left behind by a dead
/// server is replaced; anything else at the path is an error and stays untouched. So is a path that another user could make lead elsewhere:
/// its directories must belong to root or the own user, and be writable by others only with the sticky bit, as /tmp. Running out of
/// descriptors makes clients wait; it does not end the server. Workers outlive their server until their clients hang up. (Parity T12.)
class QTPREFORK_EXPORT Server : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool listening READ isListening NOTIFY listeningChanged)

public:
    /// @p zygote must outlive the server. If it dies while the server listens, the server logs so, closes, emits zygoteLost() and ends
    /// the application with exit code 1: only a restart can fork it anew.
    explicit Server(Zygote *zygote, const ServerOptions &options = {}, QObject *parent = nullptr);
    ~Server() override;

    /// Begins to accept connections at @p address. False with errorString() naming the cause: an invalid address or zygote, a missing
    /// directory, a path that is taken, a port in use. Sets the process title to `NAME server` if the zygote has a name.
    [[nodiscard]] bool listen(const Address &address);
    /// Accepts no more and removes the socket file. Workers go on.
    void close();

    [[nodiscard]] bool isListening() const;
    /// The address being listened at, with the port the system chose if 0 was asked for; invalid when not listening.
    [[nodiscard]] Address address() const;
    /// Why the last listen() failed.
    [[nodiscard]] QString errorString() const;

Q_SIGNALS:
    void listeningChanged(bool listening);
    void zygoteLost();

private:
    std::unique_ptr<ServerPrivate> d;
};

}

#endif
