// SPDX-License-Identifier: MIT
#ifndef STORM_SERVERS_H
#define STORM_SERVERS_H

#include "family.h"
#include "ledger.h"
#include "requests.h"

#include <QtCore/QStringList>

namespace Storm {

/// The servers at one path, one after the other, with the zygotes of those before that still have workers.
class Servers
{
public:
    /// One that was replaced and has not ended yet.
    struct Replaced
    {
        pid_t pid = 0;
        pid_t zygote = 0;
        Clock::time_point since;
        bool isLate = false;
    };

    Servers(Ledger &ledger, const QByteArray &path)
        : m_ledger(ledger)
        , m_path(path)
    {
    }

    /// Starts a server: the next generation.
    void start();
    /// Starts one that takes the path over from the one there is, which is expected to end normally, before long.
    void replace();
    /// SIGKILL for the server there is; it has ended when this returns.
    void kill();
    /// SIGKILL for its zygote. It is expected to end with status 1 then, before long, and the next one starts when it
    /// has.
    void killZygote();
    /// SIGTERM for it; it is expected to end normally.
    void terminate();

    /// Looks whether the latest server listens, and whether those that are expected to end do. To be called now and
    /// then. Who takes too long becomes an accident, and is killed.
    void look(QStringList *accidents);
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
    [[nodiscard]] const std::vector<Replaced> &replaced() const { return m_replaced; }

private:
    void start(bool replaces);
    void onServerEnded(const Ended &ended, QStringList *accidents);

    Ledger &m_ledger;
    QByteArray m_path;
    quint64 m_generation = 0;
    pid_t m_server = 0;
    pid_t m_zygote = 0;
    bool m_mayEnd = false;
    std::optional<Clock::time_point> m_zygoteKilled; // of the server there is
    std::vector<pid_t> m_zygotes;
    std::vector<Replaced> m_replaced;
};

/// A way to put another server in the place of the one there is, and how often it is chosen.
struct Restart
{
    const char *name;
    int share;
    void (*restart)(Servers *servers);
};
[[nodiscard]] std::span<const Restart> restarts();
[[nodiscard]] const Restart &chooseRestart(Random &random);

}

#endif
