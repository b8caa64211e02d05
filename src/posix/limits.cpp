// SPDX-License-Identifier: MIT
#include "posix/limits_p.h"

#include "posix/memory_p.h"
#include "posix/retry_p.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

__rlimit_resource numberOf(Resource resource)
{
    switch (resource) {
    case Resource::AddressSpace:
        return RLIMIT_AS;
    case Resource::CpuSeconds:
        return RLIMIT_CPU;
    case Resource::OpenFiles:
        return RLIMIT_NOFILE;
    case Resource::CoreBytes:
        return RLIMIT_CORE;
    case Resource::FileBytes:
        return RLIMIT_FSIZE;
    }
    Q_UNREACHABLE();
}

// The C library calls prlimit() for getrlimit() and setrlimit(). Some filters of system calls refuse that, but allow
// the older calls.
std::optional<rlimit> limitOf(__rlimit_resource resource)
{
    rlimit limit{};
    if (::getrlimit(resource, &limit) == 0)
        return limit;
#ifdef SYS_getrlimit
    if (isRefused(errno) && ::syscall(SYS_getrlimit, int(resource), &limit) == 0)
        return limit;
#endif
    return {};
}

bool setLimit(__rlimit_resource resource, const rlimit &limit)
{
    if (::setrlimit(resource, &limit) == 0)
        return true;
#ifdef SYS_setrlimit
    if (errno == ENOSYS || (errno == EPERM && limit.rlim_max <= limitOf(resource).value_or(rlimit{}).rlim_max))
        return ::syscall(SYS_setrlimit, int(resource), &limit) == 0;
#endif
    return false;
}

}

quint64 liftDescriptorLimit()
{
    constexpr rlim_t Enough = 1u << 17; // enough for the most workers; some systems allow a thousand million
    const auto limit = limitOf(RLIMIT_NOFILE);
    if (!limit)
        return 0;
    limitDescriptors(std::min(limit->rlim_max, std::max(limit->rlim_cur, Enough)));
    return limit->rlim_cur;
}

quint64 descriptorLimit()
{
    constexpr quint64 Usual = 1024; // used if the limit cannot be read
    const auto limit = limitOf(RLIMIT_NOFILE);
    return limit ? limit->rlim_cur : Usual;
}

void limitDescriptors(quint64 count)
{
    auto limit = limitOf(RLIMIT_NOFILE);
    if (count == 0 || !limit)
        return;
    limit->rlim_cur = std::min<rlim_t>(count, limit->rlim_max);
    setLimit(RLIMIT_NOFILE, *limit);
}

QString nameOf(Resource resource)
{
    switch (resource) {
    case Resource::AddressSpace:
        return QStringLiteral("RLIMIT_AS");
    case Resource::CpuSeconds:
        return QStringLiteral("RLIMIT_CPU");
    case Resource::OpenFiles:
        return QStringLiteral("RLIMIT_NOFILE");
    case Resource::CoreBytes:
        return QStringLiteral("RLIMIT_CORE");
    case Resource::FileBytes:
        return QStringLiteral("RLIMIT_FSIZE");
    }
    Q_UNREACHABLE();
}

quint64 hardLimit(Resource resource)
{
    const auto limit = limitOf(numberOf(resource));
    return limit ? limit->rlim_max : RLIM_INFINITY;
}

bool limitResource(Resource resource, quint64 soft, quint64 hard)
{
    return setLimit(numberOf(resource), rlimit{soft, hard});
}

quint64 addressSpaceInUse()
{
    const Fd file(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    std::array<char, 64> text{};
    if (!file.isOpen() || readSome(file.get(), std::span(text).first(text.size() - 1)).status != Transfer::Done)
        return 0;
    return std::strtoull(text.data(), nullptr, 10) * pageSize();
}

bool setNice(int nice)
{
    return ::setpriority(PRIO_PROCESS, 0, nice) == 0;
}

bool setOomScoreAdjust(int adjustment)
{
    const Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    const QByteArray text = QByteArray::number(adjustment);
    return file.isOpen()
        && retry([&] { return ::write(file.get(), text.constData(), std::size_t(text.size())); }) == text.size();
}

bool mayForbidNewPrivileges()
{
    return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0;
}

bool forbidNewPrivileges()
{
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

bool becomeGroup(gid_t group)
{
    return ::setgroups(0, nullptr) == 0 && ::setresgid(group, group, group) == 0;
}

bool becomeUser(uid_t user)
{
    return ::setresuid(user, user, user) == 0;
}

bool regainsRoot()
{
    constexpr uid_t Unchanged = uid_t(-1);
    const gid_t group = 0;
    return ::setresuid(0, Unchanged, Unchanged) == 0 || ::setresuid(Unchanged, 0, Unchanged) == 0
        || ::setgroups(1, &group) == 0;
}

}
