// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include <array>
#include <climits>
#include <sys/epoll.h>

namespace Prefork::Posix {

namespace {

epoll_event eventOf(quint32 interest, quint64 token)
{
    epoll_event event{};
    event.events = (interest & Poller::Input ? EPOLLIN : 0u) | (interest & Poller::Output ? EPOLLOUT : 0u)
        | (interest & Poller::HalfClose ? EPOLLRDHUP : 0u);
    event.data.u64 = token;
    return event;
}

// Never shorter: who is woken too early only goes to sleep again.
int inMilliseconds(std::optional<std::chrono::nanoseconds> timeout)
{
    if (!timeout)
        return -1;
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    return int(std::clamp<qint64>(whole, 0, INT_MAX));
}

}

bool Poller::open()
{
    m_epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
    return m_epoll.isOpen();
}

bool Poller::add(int descriptor, quint32 interest, quint64 token)
{
    epoll_event event = eventOf(interest, token);
    return ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0;
}

void Poller::change(int descriptor, quint32 interest, quint64 token)
{
    epoll_event event = eventOf(interest, token);
    ::epoll_ctl(m_epoll.get(), EPOLL_CTL_MOD, descriptor, &event);
}

void Poller::remove(int descriptor)
{
    ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, descriptor, nullptr);
}

std::span<const Poller::Ready> Poller::wait(std::optional<std::chrono::nanoseconds> timeout)
{
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(m_epoll.get(), events.data(), int(events.size()), inMilliseconds(timeout));
    m_ready.clear();
    for (int i = 0; i < count; ++i) {
        const quint32 what = events[std::size_t(i)].events;
        Ready ready;
        ready.token = events[std::size_t(i)].data.u64;
        ready.readable = what & (EPOLLIN | EPOLLHUP | EPOLLERR);
        ready.writable = what & EPOLLOUT;
        ready.halfClosed = what & EPOLLRDHUP;
        ready.hungUp = what & (EPOLLHUP | EPOLLERR);
        m_ready.push_back(ready);
    }
    return m_ready;
}

}
