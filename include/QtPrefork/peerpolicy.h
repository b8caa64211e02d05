// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PEERPOLICY_H
#define QTPREFORK_PEERPOLICY_H

#include <QtPrefork/global.h>

#include <QtCore/QList>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// The users and groups that may be at the other end of a unix socket. The kernel tells them (SO_PEERCRED). A peer is
/// allowed if at least one member of the policy allows it. By default the user of this process and root are allowed.
///
/// The kernel remembers the user of a client at the time of connect(), and the user of a server at the time of
/// listen(). A server that gives up root after listen(), or that gets its socket from a service manager that runs as
/// root, counts as root. The process of the peer may have ended since then, so its id is used only for the log. All
/// users that the user namespace of this process does not know appear as one user, usually 65534.
///
/// TCP tells nothing about users. A policy does not apply to TCP, nor to clients directly on a zygote.
///
/// **Threads.** Each thread may have its own copies of a value. Several threads must not use one object at the same
/// time.
struct QTPREFORK_EXPORT PeerPolicy
{
    /// Whether the effective user of this process is allowed. This is the user at the time when a peer is checked.
    bool sameUser = true;
    /// Whether root is allowed.
    bool root = true;
    /// The ids of other users that are allowed.
    QList<quint32> users = {};
    /// The ids of groups that are allowed. Only the primary group of a peer counts.
    QList<quint32> groups = {};
    /// Whether every peer is allowed, even if the kernel does not tell the user of the peer. Then only the mode of the
    /// socket file limits who can connect.
    bool anyone = false;

    /// Returns true if a peer with this @p user and this primary @p group is allowed.
    [[nodiscard]] bool allows(quint32 user, quint32 group) const;
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const PeerPolicy &policy);

}

#endif
