// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_UNIXLISTENER_P_H
#define QTPREFORK_UNIXLISTENER_P_H

#include "posix/file_p.h"
#include "server/listener_p.h"

#include <QtCore/QFileSystemWatcher>
#include <QtCore/QTimer>
#include <QtNetwork/QLocalServer>

#include <optional>

namespace Prefork::Internal {

/// This is a listening unix socket with its file. The file appears in one step, with its final mode. It replaces only
/// a socket that no server listens on, unless ServerOptions::replace allows more, and it is removed only while it is
/// still the file of this server.
///
/// QLocalServer holds the descriptor but neither binds, accepts nor removes the file. The socket is bound under a
/// temporary name, so that QLocalServer never learns the final path: it would replace sockets of live servers and
/// remove files of others.
class UnixListener final : public Listener
{
public:
    ~UnixListener() override;
    [[nodiscard]] QString listen(const Address &address, const ServerOptions &options) override;
    [[nodiscard]] int descriptor() const override { return int(m_server->socketDescriptor()); }
    [[nodiscard]] Address address() const override { return m_address; }
    /// It also makes the file again if somebody has removed it and no other server has taken its place.
    void watch(const Watch &watch) override;

private:
    [[nodiscard]] Posix::Fd lockDirectory(std::chrono::milliseconds patience) const;
    [[nodiscard]] QString openDirectory();
    [[nodiscard]] QString obstacle(bool mayReplace) const;
    [[nodiscard]] QString bindAndRename();
    [[nodiscard]] bool isWhereItWasPut() const;
    void watchDirectory();
    void check();
    void renew();
    [[nodiscard]] QString bindAnew();
    void switchListener();
    void onReplaced();

    std::unique_ptr<QLocalServer> m_server;
    std::unique_ptr<QLocalServer> m_former; // the socket before, kept until nobody waits in its backlog
    ServerOptions m_options;
    Address m_address;
    QString m_directoryPath;
    QByteArray m_name; // of the file within m_directory
    Posix::Fd m_directory;
    std::optional<Posix::FileIdentity> m_identity; // of our file, once it has its final name
    Watch m_watch;
    std::unique_ptr<QFileSystemWatcher> m_watcher;
    std::unique_ptr<QTimer> m_timer; // runs while the directory cannot be watched, or something must be tried again
    int m_failures = 0; // how often in a row the file could not be made again
};

}

#endif
