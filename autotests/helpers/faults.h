// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_FAULTS_H
#define AUTOTESTS_FAULTS_H

#include "helpers/answers.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>

#include <QtCore/QElapsedTimer>

#include <algorithm>
#include <csignal>
#include <vector>

/// What the tests of faults have in common.
namespace Test {

/// Waits without turning the event loop: nothing is read meanwhile, and nothing settles.
template <class Predicate>
[[nodiscard]] bool pollUntil(Predicate isDone)
{
    const QDeadlineTimer patience(Patience);
    while (!isDone() && !patience.hasExpired())
        ::usleep(500);
    return isDone();
}

/// Whether a process has nothing to do, or cannot go on with it.
[[nodiscard]] inline bool isAsleep(qint64 pid)
{
    return statOf(pid).value(0) == "S";
}

/// How many descriptors a process has open once it sleeps: on a busy machine it may be about to close what others have
/// done with already;
/// -1 if it does not come to rest.
[[nodiscard]] inline qsizetype descriptorsAtRest(qint64 pid)
{
    return pollUntil([pid] { return isAsleep(pid); }) ? descriptorCount(pid) : -1;
}

inline bool stop(qint64 pid)
{
    return ::kill(pid_t(pid), SIGSTOP) == 0 && pollUntil([pid] { return statOf(pid).value(0) == "T"; });
}

/// Of times, the one in the middle: what is promised of one is not to be spoilt by another program that was in the way
/// of some.
template <class T>
[[nodiscard]] T median(std::vector<T> values)
{
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// The most memory a process has used since resetPeakMemory(), in bytes.
[[nodiscard]] inline qint64 peakMemory(qint64 pid)
{
    return statusOf(pid, "VmHWM").chopped(3).toLongLong() * 1024;
}
inline void resetPeakMemory()
{
    QFile file(QStringLiteral("/proc/self/clear_refs"));
    if (file.open(QIODevice::WriteOnly))
        file.write("5");
}

/// Whether sanitizers watch, whose own memory, descriptors and libraries are in the way of some tests.
[[nodiscard]] constexpr bool isSanitized()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

}

/// That @p client, which has one worker at most, is of use: a new checkout is served, and not by the worker that had
/// the fault.
#define VERIFY_SERVES_ON(client, faulty)                                                                               \
    do {                                                                                                               \
        const qint64 next = Test::pidOf((client).checkout());                                                          \
        QVERIFY(next > 0);                                                                                             \
        QVERIFY(next != (faulty));                                                                                     \
        QVERIFY((client).workerCount() <= 1);                                                                          \
    } while (false)

#endif
