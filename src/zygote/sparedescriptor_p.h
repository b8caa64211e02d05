// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SPAREDESCRIPTOR_P_H
#define QTPREFORK_SPAREDESCRIPTOR_P_H

#include "posix/descriptor_p.h"
#include "zygote/workerprocess_p.h"

namespace Prefork::Internal {

/// Keeps a descriptor free for the connection of a spare worker, whatever its limit of descriptors is and whatever its
/// setup opens. A spare has a socket where another worker has its connection, and needs one descriptor more in the
/// moment in which its connection comes. Until then this number is occupied, and setup finds as many free descriptors
/// as in another worker.
class SpareDescriptor
{
public:
    explicit SpareDescriptor(const WorkerStart &start)
        : m_start(start)
        , m_reserved(Posix::duplicate(start.parking))
        , m_number(m_reserved.get())
    {
    }
    /// Limits descriptors for the time until the connection comes. Returns why that is not possible; empty if it is.
    [[nodiscard]] QString limit() const;
    /// Waits for the message that brings the connection, and returns it. After that, the socket is closed, and the
    /// limit is that of any worker. The returned descriptor is closed if no message will come, or if the connection
    /// could not be received.
    [[nodiscard]] Posix::Fd receive(ZygoteMessages::Request *request);

private:
    // The soft limit while setup runs ahead.
    [[nodiscard]] quint64 softLimit() const;
    void restoreLimit(quint64 before) const;

    const WorkerStart &m_start;
    Posix::Fd m_reserved;
    const int m_number; // of the descriptor that is kept free; -1 if there is none
};

}

#endif
