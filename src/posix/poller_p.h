// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXPOLLER_P_H
#define QTPREFORK_POSIXPOLLER_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <span>

/// Waiting for descriptors.
namespace Prefork::Posix {

struct Watch
{
    int descriptor = -1;
    bool wantsWrite = false;
    bool wantsRead = true;
    bool readable = false; ///< set by waitFor(): there is input, an end of file or an error
    bool writable = false;
};

/// Waits until a descriptor is ready or the time is up, whatever signals come; unset = for ever.
void waitFor(std::span<Watch> watches, std::optional<std::chrono::nanoseconds> timeout);
/// Which of the two calls that event loops wait with are refused, with the cause in errno: "poll()", "ppoll()", "poll()
/// and ppoll()"; empty if neither is.
[[nodiscard]] QString refusedPolling();

/// Waits for many descriptors at a cost that does not grow with their number, unless the kernel refuses epoll. A
/// descriptor must be removed before it is closed: its duplicates in other processes would keep it here.
class Poller
{
public:
    enum Interest : quint32 { HangUp = 0, Input = 1, Output = 2, HalfClose = 4 };
    struct Ready
    {
        quint64 token = 0;
        bool readable = false; ///< there is input, an end of file or an error
        bool writable = false;
        bool halfClosed = false; ///< the peer writes no more
        bool hungUp = false; ///< the connection is over in both directions, or an error; always of interest
    };

    [[nodiscard]] bool open();
    [[nodiscard]] bool add(int descriptor, quint32 interest, quint64 token);
    void change(int descriptor, quint32 interest, quint64 token);
    void remove(int descriptor);
    /// Waits until something is ready, a signal comes or the time is up; unset = for ever. Valid until the next call.
    [[nodiscard]] std::span<const Ready> wait(std::optional<std::chrono::nanoseconds> timeout);

private:
    struct Polled
    {
        int descriptor = -1;
        quint32 interest = HangUp;
        quint64 token = 0;
    };
    void waitByPolling(int milliseconds);

    Fd m_epoll; // if it is closed, m_polled has to do
    std::vector<Polled> m_polled;
    std::vector<Ready> m_ready;
    quint32 m_added = 0;
};

}

#endif
