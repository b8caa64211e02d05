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

/// A socket file that appears whole, replaces only what is dead, and is removed only while it is ours.
///
/// QLocalServer holds the descriptor but neither binds nor accepts nor unlinks: bound under a temporary name, it never
/// learns the final path, of which its own ways would take bad care (it replaces live sockets and removes other
/// people's files).
class UnixListener final : public Listener
{
public:
    ~UnixListener() override;
    [[nodiscard]] QString listen(const Address &address, const ServerOptions &options) override;
    [[nodiscard]] int descriptor() const override { return int(m_server->socketDescriptor()); }
    [[nodiscard]] Address address() const override { return m_address; }
    /// It also makes the file anew when somebody has removed it, and nobody has taken its place.
    void watch(const Watch &watch) override;

private:
    [[nodiscard]] Posix::Fd lockDirectory(std::chrono::milliseconds patience) const;
    [[nodiscard]] QString openDirectory();
    [[nodiscard]] QString obstacle(bool mayReplace) const;
    [[nodiscard]] QString bindAndRename();
    [[nodiscard]] bool isWhereItWasPut() const;
    void watchDirectory();
    void look();
    void renew();
    [[nodiscard]] QString bindAnew();
    void handOver();
    void onReplaced();

    std::unique_ptr<QLocalServer> m_server;
    std::unique_ptr<QLocalServer> m_former; // until nobody waits in its backlog
    ServerOptions m_options;
    Address m_address;
    QString m_directoryPath;
    QByteArray m_name; // within m_directory
    Posix::Fd m_directory;
    std::optional<Posix::FileIdentity> m_identity;
    Watch m_watch;
    std::unique_ptr<QFileSystemWatcher> m_watcher;
    std::unique_ptr<QTimer> m_timer; // looks while the directory cannot be watched, or something is to be tried again
    int m_failures = 0; // to make the file anew
};

}

#endif
