// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LINGERINGCONNECTIONS_P_H
#define QTPREFORK_LINGERINGCONNECTIONS_P_H

#include "posix/poller_p.h"

#include <map>

namespace Prefork::Internal {

/// Connections whose worker is no more. What their clients have written is read to its end before they are closed, for
/// closing a TCP connection with something unread destroys what the client has not yet read. On a unix socket that
/// would only be impolite: the client would read of a reset instead of the end.
class LingeringConnections
{
public:
    explicit LingeringConnections(Posix::Poller &poller);
    /// Clients that do not hang up must not take the descriptors of those to come: beyond so many the oldest is closed.
    void setMost(std::size_t most) { m_most = most; }
    static constexpr std::size_t Most = 256;

    [[nodiscard]] bool isEmpty() const { return m_lingering.empty(); }
    /// Writes @p lastWords if there is room, and the end of file. Never waits: the poller tells the rest.
    void begin(Posix::Fd connection, QByteArrayView lastWords);
    /// Nobody is left to wait for: what is impolite is put up with.
    void hurry(qint64 now);
    void onReadable(quint64 number);
    void expire(qint64 now);
    /// When expire() has something to do, as ScoreboardPage::now(); unset = not at all.
    [[nodiscard]] std::optional<qint64> nextExpiry() const;

private:
    struct Lingering
    {
        Posix::Fd connection;
        qint64 until = 0;
        bool isUnix = false;
    };
    using Iterator = std::map<quint64, Lingering>::iterator;
    void end(Iterator lingering);

    Posix::Poller &m_poller;
    std::map<quint64, Lingering> m_lingering; // by number, which is by age
    quint64 m_lastNumber = 0;
    std::size_t m_most = Most;
    bool m_isInHurry = false;
};

}

#endif
