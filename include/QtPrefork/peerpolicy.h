// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PEERPOLICY_H
#define QTPREFORK_PEERPOLICY_H

#include <QtPrefork/global.h>

#include <QtCore/QList>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// Who may be at the other end of a unix socket, by the user and group that the kernel names (SO_PEERCRED). Anybody to
/// whom one of the members applies is allowed; by default that is the own user, and root.
///
/// The kernel remembers who a client was when it connected, and who a server was when it called listen(): one that
/// gives up root only afterwards, or that was given its socket by a service manager, counts as root. The process may
/// have ended since, so its id is good for nothing but the log. Users that the own user namespace does not know all
/// appear as one, usually 65534.
///
/// TCP tells nothing of users: no policy applies there, nor to clients directly on a zygote.
///
/// **Threads.** A value: each thread may have copies of its own; one object is not for several at once.
struct QTPREFORK_EXPORT PeerPolicy
{
    /// The effective user of this process, whoever that is when it is asked.
    bool sameUser = true;
    bool root = true;
    QList<quint32> users = {};
    /// Primary groups only; that a peer belongs to one of these besides does not count.
    QList<quint32> groups = {};
    /// Everybody, even a peer of whom the kernel tells nothing. What the socket file's mode lets through is then all
    /// there is.
    bool anyone = false;

    [[nodiscard]] bool allows(quint32 user, quint32 group) const;
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const PeerPolicy &policy);

}

#endif
