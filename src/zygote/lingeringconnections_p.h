// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LINGERINGCONNECTIONS_P_H
#define QTPREFORK_LINGERINGCONNECTIONS_P_H

#include "posix/poller_p.h"

#include <map>

namespace Prefork::Internal {

/// These are connections whose worker has ended, which stay in the zygote for a short while: after the goodbye and the
/// end of file, what the client still writes is read and dropped until it hangs up or the time is over. The reason:
/// closing a TCP connection that has unread bytes destroys what the client has not read yet, and a client on a unix
/// socket would read of a reset instead of the end.
class LingeringConnections
{
public:
    explicit LingeringConnections(Posix::Poller &poller);
    /// At most @p most connections linger; then the oldest is closed for a new one, so that clients that never hang up
    /// do not use up the descriptors.
    void setMost(std::size_t most) { m_most = most; }
    static constexpr std::size_t Most = 256;

    [[nodiscard]] bool isEmpty() const { return m_lingering.empty(); }
    /// Writes @p goodbye, if there is room, and the end of file. Never waits: the poller reports what comes later.
    void begin(Posix::Fd connection, QByteArrayView goodbye);
    /// Shortens the time of connections on unix sockets, because the program is gone and the zygote should end soon.
    void hurry(qint64 now);
    void onReadable(quint64 number);
    void expire(qint64 now);
    /// Returns when expire() has something to do, in the time of ScoreboardPage::now(); unset if it has nothing.
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
    std::map<quint64, Lingering> m_lingering; // by number, so the oldest is first
    quint64 m_lastNumber = 0;
    std::size_t m_most = Most;
    bool m_isInHurry = false;
};

}

#endif
