// SPDX-License-Identifier: MIT
#include "zygote/workerlimits_p.h"

#include "posix/child_p.h"
#include "posix/limits_p.h"
#include "posix/process_p.h"
#include "posix/socket_p.h"
#include "posix/transfer_p.h"
#include "zygote/forkedprocess_p.h"

#include <algorithm>
#include <array>

namespace Prefork::Internal {

using Posix::Resource;

namespace {

// For setresuid() this id means: no change.
constexpr quint32 NoId = quint32(-1);

QString senseless(const char *member, qint64 value, const QString &wanted)
{
    return QStringLiteral("limits.%1 must be %2, not %3").arg(QLatin1StringView(member), wanted).arg(value);
}

QString refusalOf(const WorkerLimits &limits)
{
    const auto atLeast = [](qint64 least) { return QStringLiteral("at least %1").arg(least); };
    const auto between = [](int least, int most) { return QStringLiteral("between %1 and %2").arg(least).arg(most); };
    if (limits.addressSpace && *limits.addressSpace < 1)
        return senseless("addressSpace", *limits.addressSpace, atLeast(1));
    if (limits.cpuTime && limits.cpuTime->count() < 1)
        return senseless("cpuTime", limits.cpuTime->count(), atLeast(1));
    if (limits.openFiles && *limits.openFiles < 4)
        return senseless("openFiles", *limits.openFiles, atLeast(4));
    if (limits.coreSize && *limits.coreSize < 0)
        return senseless("coreSize", *limits.coreSize, atLeast(0));
    if (limits.fileSize && *limits.fileSize < 0)
        return senseless("fileSize", *limits.fileSize, atLeast(0));
    if (limits.nice && *limits.nice != std::clamp(*limits.nice, -20, 19))
        return senseless("nice", *limits.nice, between(-20, 19));
    if (limits.oomScoreAdjust != std::clamp(limits.oomScoreAdjust, -1000, 1000))
        return senseless("oomScoreAdjust", limits.oomScoreAdjust, between(-1000, 1000));
    if (limits.userId && !limits.groupId)
        return QStringLiteral(
            "limits.userId needs limits.groupId too: else workers would keep the groups of the program");
    for (const auto &[member, id] : {std::pair("userId", limits.userId), std::pair("groupId", limits.groupId)}) {
        if (id == NoId)
            return senseless(member, *id, QStringLiteral("an id"));
    }
    return {};
}

bool isAnySet(const WorkerLimits &limits)
{
    return limits.addressSpace || limits.cpuTime || limits.openFiles || limits.coreSize || limits.fileSize
        || limits.nice || limits.oomScoreAdjust != 0 || limits.userId || limits.groupId;
}

QString limit(Resource resource, quint64 amount, quint64 hard)
{
    if (Posix::limitResource(resource, amount, hard))
        return {};
    const QString cause = Posix::lastErrorText();
    return QStringLiteral("cannot %1 %2 to %3: %4")
        .arg(Posix::hardLimit(resource) < hard ? QStringLiteral("raise") : QStringLiteral("set"),
             Posix::nameOf(resource))
        .arg(amount)
        .arg(cause);
}

// At the soft limit the kernel sends SIGXCPU, at the hard limit SIGKILL. The time is bounded here because the kernel's
// count of nanoseconds overflows after some centuries.
QString limitCpuTime(std::chrono::seconds time)
{
    constexpr qint64 Decades = 1'000'000'000;
    const quint64 seconds = quint64(std::min<qint64>(time.count(), Decades));
    const bool isLowest = Posix::hardLimit(Resource::CpuSeconds) == seconds;
    return limit(Resource::CpuSeconds, seconds, isLowest ? seconds : seconds + 1);
}

QString limitAddressSpace(quint64 bytes)
{
    // Under a lower limit, the worker could not even report an error.
    if (const quint64 inUse = Posix::addressSpaceInUse(); bytes <= inUse)
        return QStringLiteral("limits.addressSpace is %1 bytes, but a worker that does nothing has %2 already")
            .arg(bytes)
            .arg(inUse);
    return limit(Resource::AddressSpace, bytes, bytes);
}

QString becomeAnother(const char *what, quint32 id, bool isDone)
{
    if (isDone)
        return {};
    return QStringLiteral("cannot run workers as %1 %2: %3; the program must be started as root for that")
        .arg(QLatin1StringView(what))
        .arg(id)
        .arg(Posix::lastErrorText());
}

}

QString applyLimits(const WorkerLimits &limits)
{
    const auto same
        = [](Resource resource, qint64 amount) { return limit(resource, quint64(amount), quint64(amount)); };
    QString problem;
    const auto step = [&problem](bool isWanted, auto apply) {
        if (isWanted && problem.isEmpty())
            problem = apply();
    };
    const auto must = [](bool isDone, const QString &what) {
        return isDone ? QString() : QStringLiteral("cannot %1: %2").arg(what, Posix::lastErrorText());
    };
    // The steps that may need privileges come first, those that give privileges up come last.
    step(limits.nice.has_value(),
         [&] { return must(Posix::setNice(*limits.nice), QStringLiteral("set nice to %1").arg(*limits.nice)); });
    step(limits.oomScoreAdjust != 0, [&] {
        return must(Posix::setOomScoreAdjust(limits.oomScoreAdjust),
                    QStringLiteral("set oom_score_adj to %1").arg(limits.oomScoreAdjust));
    });
    step(limits.cpuTime.has_value(), [&] { return limitCpuTime(*limits.cpuTime); });
    step(limits.coreSize.has_value(), [&] { return same(Resource::CoreBytes, *limits.coreSize); });
    step(limits.fileSize.has_value(), [&] { return same(Resource::FileBytes, *limits.fileSize); });
    step(limits.addressSpace.has_value(), [&] { return limitAddressSpace(quint64(*limits.addressSpace)); });
    step(limits.openFiles.has_value(), [&] { return same(Resource::OpenFiles, *limits.openFiles); });
    step(limits.groupId.has_value(),
         [&] { return becomeAnother("group", *limits.groupId, Posix::becomeGroup(*limits.groupId)); });
    step(limits.userId.has_value(),
         [&] { return becomeAnother("user", *limits.userId, Posix::becomeUser(*limits.userId)); });
    step(limits.userId.value_or(0) != 0, [&] {
        const bool isRoot = Posix::regainsRoot();
        return isRoot ? QStringLiteral("a worker that has become user %1 can become root again").arg(*limits.userId)
                      : QString();
    });
    step(limits.noNewPrivileges,
         [&] { return must(Posix::forbidNewPrivileges(), QStringLiteral("set no_new_privs")); });
    return problem;
}

QString tryLimits(const WorkerLimits &limits)
{
    QString refusal = refusalOf(limits);
    if (refusal.isEmpty() && limits.noNewPrivileges && !Posix::mayForbidNewPrivileges()) {
        refusal
            = QStringLiteral(
                  "cannot set no_new_privs: %1; if workers may gain privileges, set limits.noNewPrivileges to false")
                  .arg(Posix::lastErrorText());
    }
    if (!refusal.isEmpty() || !isAnySet(limits))
        return refusal;
    auto ends = Posix::socketPair(Posix::PairType::Stream);
    const pid_t pid = ends ? Posix::forkProcess() : -1;
    if (pid < 0)
        return QStringLiteral("the limits of workers cannot be tried: %1").arg(Posix::lastErrorText());
    if (pid == 0) {
        // The byte before the text tells an empty text from a child that has died.
        liveForked("a trial of the limits of workers",
                   [&] { return Posix::writeAll(ends->second.get(), ':' + applyLimits(limits).toUtf8()) ? 0 : 1; });
    }
    ends->second.reset();
    QByteArray said;
    std::array<char, 512> part;
    for (Posix::Transfer got; (got = Posix::readSome(ends->first.get(), part)).status == Posix::Transfer::Done;)
        said.append(part.data(), got.bytes);
    Posix::killChild(pid);
    return said.isEmpty() ? QStringLiteral("a worker could not live under its limits")
                          : QString::fromUtf8(said.sliced(1));
}

}
