// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_UNIXLISTENER_P_H
#define QTPREFORK_UNIXLISTENER_P_H

#include "server/listener_p.h"

#include <QtNetwork/QLocalServer>

#include <optional>

namespace Prefork {

/// A socket file that appears whole, replaces only what is dead, and is removed only while it is ours.
///
/// QLocalServer holds the descriptor but neither binds nor accepts nor unlinks: bound under a temporary name, it never learns the final
/// path, of which its own ways would take bad care (it replaces live sockets and removes other people's files).
class UnixListener final : public Listener
{
public:
    ~UnixListener() override;
    [[nodiscard]] QString listen(const Address &address, const ServerOptions &options) override;
    [[nodiscard]] int descriptor() const override { return int(m_server.socketDescriptor()); }
    [[nodiscard]] Address address() const override { return m_address; }
    void watch(const std::function<void()> &replaced) override;

private:
    [[nodiscard]] Posix::Fd lockDirectory(std::chrono::milliseconds patience) const;
    [[nodiscard]] QString obstacle(const ServerOptions &options) const;
    [[nodiscard]] QString bindAndRename(const ServerOptions &options);

    QLocalServer m_server;
    Address m_address;
    QString m_directoryPath;
    QByteArray m_name; // within m_directory
    Posix::Fd m_directory;
    std::optional<Posix::FileIdentity> m_identity;
    std::unique_ptr<QObject> m_watcher;
    bool m_isCutOff = false; // and has said so
};

}

#endif
