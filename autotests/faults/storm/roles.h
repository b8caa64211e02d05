// SPDX-License-Identifier: MIT
#ifndef STORM_ROLES_H
#define STORM_ROLES_H

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <chrono>

/// The processes that a storm starts: this program again, with other arguments.
namespace Storm {

/// Where they find the ledger.
inline constexpr int LedgerDescriptor = 3;

inline constexpr int IdleMilliseconds = 300; ///< after which clients let go workers they do not need
inline constexpr std::chrono::seconds LongestDrain{
    20}; ///< after which a replaced server kills the workers it still has

struct ServerRole
{
    QByteArray path;
    quint64 generation = 1;
    bool replaces = false; ///< the live server there is, which then ends by itself
};

struct ClientRole
{
    QByteArray path;
    int index = 0;
    quint64 seed = 0;
    int workers = 1;

    /// So that there are three that speak the native protocol for one that speaks JSON.
    [[nodiscard]] bool isJson() const { return index % 4 == 3; }
};

[[nodiscard]] QList<QByteArray> argumentsOf(const ServerRole &role);
[[nodiscard]] QList<QByteArray> argumentsOf(const ClientRole &role);

/// Whether the program was started for a role; then runRole() does the rest of main().
[[nodiscard]] bool isRole(int argc, char *argv[]);
[[nodiscard]] int runRole(int argc, char *argv[]);

class Ledger;
[[nodiscard]] int runServer(Ledger &ledger, const ServerRole &role);
[[nodiscard]] int runClient(Ledger &ledger, const ClientRole &role);

}

#endif
