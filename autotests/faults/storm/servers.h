// SPDX-License-Identifier: MIT
#ifndef STORM_SERVERS_H
#define STORM_SERVERS_H

#include "family.h"
#include "ledger.h"

#include <QtCore/QStringList>

namespace Storm {

/// The servers at one path, one after the other, with the zygotes of those before that still have workers.
class Servers
{
public:
    Servers(Ledger &ledger, const QByteArray &path)
        : m_ledger(ledger)
        , m_path(path)
    {
    }

    /// Starts a server: the next generation.
    void start();
    /// SIGKILL for the server there is; it has ended when this returns.
    void kill();
    /// SIGTERM for it; it is expected to end normally.
    void terminate();

    /// Looks whether the latest server listens. To be called now and then.
    void look();
    /// To be told of each child that has ended. What must not have, or not so, becomes an accident.
    void onEnded(const Ended &ended, QStringList *accidents);

    /// Whether the latest server listens.
    [[nodiscard]] bool isListening() const { return m_zygote > 0; }
    /// 0 when there is none.
    [[nodiscard]] pid_t server() const { return m_server; }
    /// Of the latest server, once that listens.
    [[nodiscard]] pid_t zygote() const { return m_zygote; }
    /// All there are, the latest one last.
    [[nodiscard]] const std::vector<pid_t> &zygotes() const { return m_zygotes; }

private:
    Ledger &m_ledger;
    QByteArray m_path;
    quint64 m_generation = 0;
    pid_t m_server = 0;
    pid_t m_zygote = 0;
    bool m_mayEnd = false;
    std::vector<pid_t> m_zygotes;
};

/// A way to put another server in the place of the one there is.
struct Restart
{
    const char *name;
    void (*restart)(Servers *servers);
};
[[nodiscard]] std::span<const Restart> restarts();

}

#endif
