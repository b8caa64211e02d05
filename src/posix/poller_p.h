// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXPOLLER_P_H
#define QTPREFORK_POSIXPOLLER_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <span>

/// These functions and classes wait until descriptors are ready.
namespace Prefork::Posix {

/// This is a descriptor for waitFor(): what to wait for, and what has come.
struct Watch
{
    int descriptor = -1;
    bool wantsWrite = false;
    bool wantsRead = true;
    bool readable = false; ///< set by waitFor(): there is input, the end of file, or an error
    bool writable = false;
};

/// Waits until a descriptor is ready or the time is over; unset = for ever. Signals do not end the wait.
void waitFor(std::span<Watch> watches, std::optional<std::chrono::nanoseconds> timeout);
/// Says which of the two calls that Qt's event loops wait with are refused, with the cause in errno: "poll()",
/// "ppoll()", "poll() and ppoll()"; empty if neither is.
[[nodiscard]] QString refusedPolling();

/// Waits for many descriptors; with epoll the cost does not grow with their number, and poll() is used where epoll is
/// refused. A token tells the caller which descriptor is ready. A descriptor must be removed before it is closed: while
/// another process has a duplicate, epoll would go on to report it.
class Poller
{
public:
    enum Interest : quint32 { HangUp = 0, Input = 1, Output = 2, HalfClose = 4 };
    struct Ready
    {
        quint64 token = 0;
        bool readable = false; ///< there is input, an end of file or an error
        bool writable = false;
        bool halfClosed = false; ///< the peer has shut its writing side
        bool hungUp = false; ///< the connection has ended in both directions, or failed; always reported
    };

    [[nodiscard]] bool open();
    [[nodiscard]] bool add(int descriptor, quint32 interest, quint64 token);
    void change(int descriptor, quint32 interest, quint64 token);
    void remove(int descriptor);
    /// Waits until something is ready, a signal comes or the time is over; unset = for ever. The result is valid until
    /// the next call.
    [[nodiscard]] std::span<const Ready> wait(std::optional<std::chrono::nanoseconds> timeout);

private:
    struct Polled
    {
        int descriptor = -1;
        quint32 interest = HangUp;
        quint64 token = 0;
    };
    void waitByPolling(int milliseconds);

    Fd m_epoll; // closed if poll() with m_polled is used instead
    std::vector<Polled> m_polled;
    std::vector<Ready> m_ready;
    quint32 m_added = 0;
};

}

#endif
