// SPDX-License-Identifier: MIT
// A pool without a library: epoll over two workers, one call in flight to each.
#include "bare.h"
#include "meter.h"

#include <array>
#include <sys/epoll.h>

double Bench::floorEpoll(const Context &context)
{
    const std::array workers{Bare::startWorker(Bare::echo), Bare::startWorker(Bare::echo)};
    const int poller = ::epoll_create1(EPOLL_CLOEXEC);
    for (const int worker : workers) {
        epoll_event interest{.events = EPOLLIN, .data = {.fd = worker}};
        if (::epoll_ctl(poller, EPOLL_CTL_ADD, worker, &interest) != 0)
            fail(QStringLiteral("epoll_ctl"));
        Bare::setNonBlocking(worker);
        Bare::writeAll(worker, Bare::Message, Bare::MessageSize);
    }

    std::array<char, Bare::MessageSize> reply;
    std::array<epoll_event, 2> events;
    Meter meter(context.seconds);
    for (bool goesOn = true; goesOn;) {
        const int ready = ::epoll_wait(poller, events.data(), int(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int worker = events[std::size_t(i)].data.fd;
            Bare::readAll(worker, reply.data(), reply.size());
            goesOn = meter.tick() && goesOn;
            Bare::writeAll(worker, Bare::Message, Bare::MessageSize);
        }
    }
    return meter.perSecond();
}
