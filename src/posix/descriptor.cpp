// SPDX-License-Identifier: MIT
#include "posix/descriptor_p.h"

#include "posix/limits_p.h"
#include "posix/retry_p.h"
#include "posix/socket_p.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <span>
#include <sys/resource.h>
#include <sys/syscall.h>
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

Fd duplicate(int descriptor)
{
    return Fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
}

std::optional<std::pair<Fd, Fd>> openPipe()
{
    std::array<int, 2> numbers{};
    if (::pipe2(numbers.data(), O_CLOEXEC | O_NONBLOCK) == 0)
        return std::pair(Fd(numbers[0]), Fd(numbers[1]));
    // The C library's pipe() makes the same call.
    auto ends = isRefused(errno) ? socketPair(PairType::Stream) : std::nullopt;
    if (ends && !(setNonBlocking(ends->first.get(), true) && setNonBlocking(ends->second.get(), true)))
        ends.reset();
    return ends;
}

bool setNonBlocking(int descriptor, bool nonBlocking)
{
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && ::fcntl(descriptor, F_SETFL, nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

void closeOnExec(int descriptor)
{
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

namespace {

constexpr int Most = 1 << 20; // as many numbers as usual systems allow

// All descriptors that openDescriptors() has ever found are below this number; 0 = it was not called yet.
quint64 s_end = 0;

// Returns a number that all open descriptors are below. Since openDescriptors() has looked, nothing can have been
// opened above the limit.
int endOfWhatMayBeOpen()
{
    // The kernel never allows this value, so it means that the limit is unknown.
    const bool isLimitKnown = hardLimit(Resource::OpenFiles) != RLIM_INFINITY;
    return s_end > 0 && isLimitKnown ? int(std::min<quint64>(Most, std::max(s_end, descriptorLimit()))) : Most;
}

// Returns the open descriptors as /proc lists them; unset if there is no /proc.
std::optional<std::vector<int>> listOpenDescriptors()
{
    DIR *const directory = ::opendir("/proc/self/fd");
    if (!directory)
        return {};
    std::vector<int> descriptors;
    bool isRead = false;
    while (const dirent *entry = ::readdir(directory)) {
        const int descriptor = std::atoi(entry->d_name);
        isRead = isRead || descriptor == ::dirfd(directory); // the listing itself is open
        if (entry->d_name[0] != '.' && descriptor != ::dirfd(directory))
            descriptors.push_back(descriptor);
    }
    ::closedir(directory);
    if (!isRead)
        return {};
    std::sort(descriptors.begin(), descriptors.end());
    return descriptors;
}

// Finds the open descriptors without /proc: poll() tells of each number whether it is open. It is asked for as many at
// a time as the limit allows; a million take some ten milliseconds.
std::vector<int> findOpenDescriptors(int end)
{
    std::array<pollfd, 1024> polls;
    std::vector<int> descriptors;
    const int atOnce = int(std::clamp<quint64>(descriptorLimit(), 1, polls.size()));
    for (int first = 0; first < end; first += atOnce) {
        const auto some = std::span(polls).first(std::size_t(std::min(atOnce, end - first)));
        for (std::size_t i = 0; i < some.size(); ++i)
            some[i] = {first + int(i), 0, 0};
        const bool isKnown = pollFor(some, 0) >= 0;
        for (const pollfd &one : some) {
            if (isKnown ? (one.revents & POLLNVAL) == 0 : ::fcntl(one.fd, F_GETFD) >= 0)
                descriptors.push_back(one.fd);
        }
    }
    return descriptors;
}

}

void closeAllBut(std::span<const int> keep)
{
    unsigned first = 3;
    bool isDone = true;
    const auto closeUpTo
        = [&](unsigned last) { isDone = isDone && (first > last || ::syscall(SYS_close_range, first, last, 0) == 0); };
    for (const int descriptor : keep) {
        if (descriptor <= 2)
            continue;
        closeUpTo(unsigned(descriptor) - 1);
        first = unsigned(descriptor) + 1;
    }
    closeUpTo(UINT_MAX);
    if (isDone)
        return;
    // A filter of system calls has refused close_range(). The rest is closed one by one, for it would keep connections
    // of others open.
    auto listed = listOpenDescriptors();
    if (!listed)
        listed = findOpenDescriptors(endOfWhatMayBeOpen());
    for (const int descriptor : *listed) {
        if (descriptor > 2 && !std::binary_search(keep.begin(), keep.end(), descriptor))
            ::close(descriptor);
    }
}

// Without /proc all numbers are looked at, because the limit may have been lowered while some above it were open.
std::vector<int> openDescriptors()
{
    auto listed = listOpenDescriptors();
    std::vector<int> descriptors = listed ? std::move(*listed) : findOpenDescriptors(Most);
    if (!descriptors.empty())
        s_end = std::max(s_end, quint64(descriptors.back()) + 1);
    return descriptors;
}

QString describeDescriptor(int descriptor)
{
    std::array<char, 4096> target{};
    const QByteArray link = QByteArrayLiteral("/proc/self/fd/") + QByteArray::number(descriptor);
    const ssize_t length = ::readlink(link.constData(), target.data(), target.size());
    return length > 0 ? QString::fromLocal8Bit(target.data(), length) : QStringLiteral("unknown");
}

}
