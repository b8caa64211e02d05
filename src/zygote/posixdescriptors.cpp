// SPDX-License-Identifier: MIT
#include "zygote/blanks_p.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdlib>
#include <dirent.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

// Where there is no /proc: poll() says of each number whether it is open, many at a time.
std::vector<int> openDescriptorsBelow(int limit)
{
    std::vector<int> descriptors;
    std::array<pollfd, 1024> polls;
    for (int first = 0; first < limit; first += int(polls.size())) {
        const nfds_t count = nfds_t(std::min(limit - first, int(polls.size())));
        for (nfds_t i = 0; i < count; ++i)
            polls[i] = {first + int(i), 0, 0};
        if (::poll(polls.data(), count, 0) < 0)
            continue;
        for (nfds_t i = 0; i < count; ++i) {
            if ((polls[i].revents & POLLNVAL) == 0)
                descriptors.push_back(polls[i].fd);
        }
    }
    return descriptors;
}

}

void closeAllBut(std::vector<int> keep)
{
    std::erase_if(keep, [](int descriptor) { return descriptor <= 2; });
    std::sort(keep.begin(), keep.end());
    unsigned first = 3;
    bool isDone = true;
    const auto closeUpTo = [&](unsigned last) { isDone = isDone && (first > last || ::syscall(SYS_close_range, first, last, 0) == 0); };
    for (const int descriptor : keep) {
        closeUpTo(unsigned(descriptor) - 1);
        first = unsigned(descriptor) + 1;
    }
    closeUpTo(UINT_MAX);
    if (isDone)
        return;
    // Filters for system calls do not know it, or refuse it: what stayed open would keep the connections of others.
    for (const int descriptor : openDescriptors()) {
        if (descriptor > 2 && !std::binary_search(keep.begin(), keep.end(), descriptor))
            ::close(descriptor);
    }
}

std::vector<int> openDescriptors()
{
    constexpr quint64 Most = 1u << 20; // of what a usual system lets a process have
    DIR *const directory = ::opendir("/proc/self/fd");
    if (!directory)
        return openDescriptorsBelow(int(std::min(descriptorLimit(), Most)));
    std::vector<int> descriptors;
    while (const dirent *entry = ::readdir(directory)) {
        const int descriptor = std::atoi(entry->d_name);
        if (entry->d_name[0] != '.' && descriptor != ::dirfd(directory))
            descriptors.push_back(descriptor);
    }
    ::closedir(directory);
    std::sort(descriptors.begin(), descriptors.end());
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
