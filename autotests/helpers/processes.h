// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_PROCESSES_H
#define AUTOTESTS_PROCESSES_H

#include <QtCore/QDeadlineTimer>
#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QList>

#include <algorithm>
#include <cerrno>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

/// What /proc says about processes.
namespace Test {

[[nodiscard]] inline QByteArray procFile(qint64 pid, const QString &name)
{
    QFile file(QStringLiteral("/proc/%1/%2").arg(pid).arg(name));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// The fields of a process's stat behind its name: the state, the parent, …; empty if there is no such process.
[[nodiscard]] inline QList<QByteArray> statOf(qint64 pid)
{
    const QByteArray stat = procFile(pid, QStringLiteral("stat"));
    return stat.isEmpty() ? QList<QByteArray>() : stat.sliced(stat.lastIndexOf(')') + 2).split(' ');
}

/// False also for a process that has ended and waits to be reaped, or is being reaped just now.
[[nodiscard]] inline bool isRunning(qint64 pid)
{
    const QList<QByteArray> stat = statOf(pid);
    return !stat.isEmpty() && stat.first() != "Z" && stat.first() != "X";
}

/// False only when nothing is left of it.
[[nodiscard]] inline bool exists(qint64 pid)
{
    return !statOf(pid).isEmpty();
}

/// Sleeps until a descriptor has something to read, or an end; false if that takes longer. No signal ends this sleep:
/// QProcess of Qt 6.8 has a handler of SIGCHLD under AddressSanitizer, and that handler interrupts system calls.
[[nodiscard]] inline bool waitForInput(int descriptor, int milliseconds)
{
    const QDeadlineTimer patience(milliseconds);
    pollfd watch{descriptor, POLLIN, 0};
    int ready = 0;
    do {
        ready = ::poll(&watch, 1, int(patience.remainingTime()));
    } while (ready < 0 && errno == EINTR);
    return ready == 1;
}

/// Sleeps until a process, anybody's, has ended; false if that takes longer.
[[nodiscard]] inline bool waitForEnd(qint64 pid, int milliseconds)
{
    const int process = int(::syscall(SYS_pidfd_open, pid, 0));
    if (process < 0)
        return !isRunning(pid);
    const bool hasEnded = waitForInput(process, milliseconds);
    ::close(process);
    return hasEnded;
}

/// The time a process has spent on a processor, in ticks of 10 ms.
[[nodiscard]] inline qint64 processorTicks(qint64 pid)
{
    const QList<QByteArray> stat = statOf(pid);
    return stat.value(11).toLongLong() + stat.value(12).toLongLong();
}

/// The children of a process, those included that wait to be reaped.
[[nodiscard]] inline QList<qint64> childrenOf(qint64 pid)
{
    QList<qint64> children;
    const QStringList names = QDir(QStringLiteral("/proc")).entryList(QDir::Dirs | QDir::NoDotAndDotDot);
    for (const QString &name : names) {
        bool isNumber = false;
        const qint64 candidate = name.toLongLong(&isNumber);
        if (isNumber && statOf(candidate).value(1).toLongLong() == pid)
            children.append(candidate);
    }
    return children;
}

/// What ps shows, without the arguments.
[[nodiscard]] inline QByteArray titleOf(qint64 pid)
{
    const QByteArray line = procFile(pid, QStringLiteral("cmdline"));
    return line.left(line.indexOf('\0'));
}

/// A line of /proc/PID/status.
[[nodiscard]] inline QByteArray statusOf(qint64 pid, const QByteArray &key)
{
    const QList<QByteArray> lines = procFile(pid, QStringLiteral("status")).split('\n');
    for (const QByteArray &line : lines) {
        if (line.startsWith(key + ':'))
            return line.sliced(key.size() + 1).trimmed();
    }
    return {};
}

/// How many descriptors a process has open, without those at which nothing is open because its program had something
/// there.
[[nodiscard]] inline qsizetype descriptorCount(qint64 pid)
{
    const QDir directory(QStringLiteral("/proc/%1/fd").arg(pid));
    const QStringList names = directory.entryList(QDir::Files | QDir::System | QDir::NoDotAndDotDot);
    return std::count_if(names.begin(), names.end(), [&directory](const QString &name) {
        return name.toInt() <= 2 || QFile::symLinkTarget(directory.filePath(name)) != QStringLiteral("/dev/null");
    });
}

}

#endif
