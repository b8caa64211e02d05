// SPDX-License-Identifier: MIT
#include "posix/poller_p.h"

#include "posix/retry_p.h"

#include <array>
#include <poll.h>
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

short pollEventsOf(quint32 interest)
{
    return short((interest & Poller::Input ? POLLIN : 0) | (interest & Poller::Output ? POLLOUT : 0)
                 | (interest & Poller::HalfClose ? POLLRDHUP : 0));
}

}

bool Poller::open()
{
    m_epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
    if (!m_epoll.isOpen())
        return isRefused(errno);
    epoll_event none{};
    if (::epoll_wait(m_epoll.get(), &none, 1, 0) < 0 && isRefused(errno))
        m_epoll.reset();
    return true;
}

bool Poller::add(int descriptor, quint32 interest, quint64 token)
{
    epoll_event event = eventOf(interest, token);
    if (m_epoll.isOpen() && ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, descriptor, &event) == 0) {
        ++m_added;
        return true;
    }
    if (m_epoll.isOpen() && (m_added > 0 || !isRefused(errno)))
        return false;
    m_epoll.reset();
    m_polled.push_back({descriptor, interest, token});
    return true;
}

void Poller::change(int descriptor, quint32 interest, quint64 token)
{
    epoll_event event = eventOf(interest, token);
    if (m_epoll.isOpen())
        ::epoll_ctl(m_epoll.get(), EPOLL_CTL_MOD, descriptor, &event);
    for (Polled &polled : m_polled) {
        if (polled.descriptor == descriptor)
            polled = {descriptor, interest, token};
    }
}

void Poller::remove(int descriptor)
{
    if (m_epoll.isOpen())
        ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, descriptor, nullptr);
    std::erase_if(m_polled, [descriptor](const Polled &polled) { return polled.descriptor == descriptor; });
}

std::span<const Poller::Ready> Poller::wait(std::optional<std::chrono::nanoseconds> timeout)
{
    m_ready.clear();
    if (!m_epoll.isOpen()) {
        waitByPolling(inMilliseconds(timeout));
        return m_ready;
    }
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(m_epoll.get(), events.data(), int(events.size()), inMilliseconds(timeout));
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

void Poller::waitByPolling(int milliseconds)
{
    std::vector<pollfd> polls;
    polls.reserve(m_polled.size());
    for (const Polled &polled : m_polled)
        polls.push_back({polled.descriptor, pollEventsOf(polled.interest), 0});
    if (pollFor(polls, milliseconds) <= 0)
        return;
    for (std::size_t i = 0; i < polls.size(); ++i) {
        const int what = polls[i].revents;
        if (what == 0)
            continue;
        Ready ready;
        ready.token = m_polled[i].token;
        ready.readable = what & (POLLIN | POLLHUP | POLLERR);
        ready.writable = what & POLLOUT;
        ready.halfClosed = what & POLLRDHUP;
        ready.hungUp = what & (POLLHUP | POLLERR);
        m_ready.push_back(ready);
    }
}

int pollFor(std::span<pollfd> polls, int milliseconds)
{
    const int ready = ::poll(polls.data(), polls.size(), milliseconds);
    if (ready >= 0 || !isRefused(errno))
        return ready;
    const timespec limit{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
    return ::ppoll(polls.data(), polls.size(), milliseconds < 0 ? nullptr : &limit, nullptr);
}

QString refusedPolling()
{
    constexpr timespec Now{};
    const bool refusesPpoll = ::ppoll(nullptr, 0, &Now, nullptr) < 0 && isRefused(errno);
    if (::poll(nullptr, 0, 0) < 0 && isRefused(errno))
        return refusesPpoll ? QStringLiteral("poll() and ppoll()") : QStringLiteral("poll()");
    return refusesPpoll ? QStringLiteral("ppoll()") : QString();
}

void waitFor(std::span<Watch> watches, std::optional<std::chrono::nanoseconds> timeout)
{
    std::vector<pollfd> polls;
    polls.reserve(watches.size());
    for (const Watch &watch : watches)
        polls.push_back(
            {watch.descriptor, short((watch.wantsRead ? POLLIN : 0) | (watch.wantsWrite ? POLLOUT : 0)), 0});
    const auto until = std::chrono::steady_clock::now() + timeout.value_or(std::chrono::nanoseconds(0));
    int ready = -1;
    do {
        const auto left
            = std::max<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now(), std::chrono::nanoseconds(0));
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(left);
        const timespec limit{whole.count(), (left - whole).count()};
        ready = ::ppoll(polls.data(), polls.size(), timeout ? &limit : nullptr, nullptr);
        if (ready < 0 && isRefused(errno))
            ready = ::poll(polls.data(), polls.size(), timeout ? inMilliseconds(left) : -1);
    } while (ready < 0 && errno == EINTR);
    if (ready < 0)
        return;
    for (std::size_t i = 0; i < watches.size(); ++i) {
        watches[i].readable = polls[i].revents & (POLLIN | POLLHUP | POLLERR);
        watches[i].writable = polls[i].revents & POLLOUT;
    }
}

}
