// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include "zygote/posixretry_p.h"

#include <array>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Prefork::Posix {

void Fd::reset(int descriptor) noexcept
{
    const int old = std::exchange(m_descriptor, descriptor);
    if (old >= 0)
        ::close(old);
}

QString errorText(int error)
{
    return QString::fromLocal8Bit(::strerror(error));
}

QString lastErrorText()
{
    return errorText(errno);
}

ssize_t sendBytes(int socket, QByteArrayView bytes, int flags)
{
    const ssize_t count = retry([&] { return ::send(socket, bytes.data(), std::size_t(bytes.size()), flags); });
    if (count >= 0 || !isRefused(errno))
        return count;
    iovec part{const_cast<char *>(bytes.data()), std::size_t(bytes.size())};
    msghdr header = headerOf(&part);
    return retry([&] { return ::sendmsg(socket, &header, flags); });
}

ssize_t receiveBytes(int socket, std::span<char> into, int flags)
{
    const ssize_t count = retry([&] { return ::recv(socket, into.data(), into.size(), flags); });
    if (count >= 0 || !isRefused(errno))
        return count;
    iovec part{into.data(), into.size()};
    msghdr header = headerOf(&part);
    return retry([&] { return ::recvmsg(socket, &header, flags); });
}

Transfer readSome(int descriptor, std::span<char> into)
{
    const ssize_t count = retry([&] { return ::read(descriptor, into.data(), into.size()); });
    if (count < 0)
        return failure(errno);
    if (count == 0)
        return {Transfer::Closed, 0, 0};
    return {Transfer::Done, qsizetype(count), 0};
}

Transfer writeSome(int socket, QByteArrayView bytes)
{
    const ssize_t count = sendBytes(socket, bytes, MSG_NOSIGNAL);
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

Transfer readNow(int socket, std::span<char> into)
{
    const ssize_t count = receiveBytes(socket, into, MSG_DONTWAIT);
    if (count < 0)
        return failure(errno);
    if (count == 0)
        return {Transfer::Closed, 0, 0};
    return {Transfer::Done, qsizetype(count), 0};
}

Transfer writeNow(int socket, QByteArrayView bytes)
{
    const ssize_t count = sendBytes(socket, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

namespace {

// Whether a moment has been waited because the kernel was short of memory.
bool hasWaitedForMemory(const Transfer &transfer)
{
    if (transfer.status != Transfer::WouldBlock || transfer.error == 0)
        return false;
    waitFor({}, std::chrono::milliseconds(10));
    return true;
}

}

Transfer readPatiently(int socket, std::span<char> into)
{
    for (;;) {
        const Transfer transfer = readSome(socket, into);
        if (!hasWaitedForMemory(transfer))
            return transfer;
    }
}

bool writeAll(int socket, QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const Transfer transfer = writeSome(socket, bytes);
        if (hasWaitedForMemory(transfer))
            continue;
        if (transfer.status != Transfer::Done)
            return false;
        bytes = bytes.sliced(transfer.bytes);
    }
    return true;
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
        polls.push_back({watch.descriptor, short(POLLIN | (watch.wantsWrite ? POLLOUT : 0)), 0});
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

void *mapShared(std::size_t bytes)
{
    void *const memory
        = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

void unmapShared(void *memory, std::size_t bytes)
{
    ::munmap(memory, bytes);
}

std::size_t pageSize()
{
    return std::size_t(::sysconf(_SC_PAGESIZE));
}

bool protect(void *memory, std::size_t bytes, bool writable)
{
    return ::mprotect(memory, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ) == 0;
}

std::chrono::nanoseconds coarseTime()
{
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds coarseTimeResolution()
{
    static const std::chrono::nanoseconds resolution = [] {
        timespec time{};
        ::clock_getres(CLOCK_MONOTONIC_COARSE, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }();
    return resolution;
}

}
