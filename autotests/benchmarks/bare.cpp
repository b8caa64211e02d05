// SPDX-License-Identifier: MIT
#include "bare.h"

#include "mode.h"

#include <QtCore/QFile>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Bench::Bare {

namespace {

[[noreturn]] void failFrom(const char *call)
{
    fail(QStringLiteral("%1: %2").arg(QString::fromUtf8(call), QString::fromLocal8Bit(std::strerror(errno))));
}

}

pid_t startProcess(const std::function<void()> &body)
{
    const pid_t pid = ::fork();
    if (pid < 0)
        failFrom("fork");
    if (pid > 0)
        return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ResultDescriptor);
    body();
    ::_exit(0);
}

int startWorker(void (*body)(int socket))
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        failFrom("socketpair");
    startProcess([&] {
        ::close(ends[0]);
        body(ends[1]);
    });
    ::close(ends[1]);
    return ends[0];
}

void echo(int socket)
{
    std::array<char, 65536> buffer;
    for (;;) {
        const ssize_t size = ::read(socket, buffer.data(), buffer.size());
        if (size <= 0)
            ::_exit(0);
        writeAll(socket, buffer.data(), std::size_t(size));
    }
}

void writeAll(int socket, const char *bytes, std::size_t size)
{
    while (size > 0) {
        const ssize_t written = ::send(socket, bytes, size, MSG_NOSIGNAL);
        if (written < 0)
            failFrom("send");
        bytes += written;
        size -= std::size_t(written);
    }
}

void readAll(int socket, char *bytes, std::size_t size)
{
    while (size > 0) {
        const ssize_t got = ::read(socket, bytes, size);
        if (got <= 0)
            failFrom("read");
        bytes += got;
        size -= std::size_t(got);
    }
}

void setNonBlocking(int socket)
{
    ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
}

double privateDirty(pid_t pid)
{
    QFile file(QStringLiteral("/proc/%1/smaps_rollup").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        fail(file.errorString());
    const QList<QByteArray> lines = file.readAll().split('\n');
    for (const QByteArray &line : lines) {
        if (line.startsWith("Private_Dirty:"))
            return line.simplified().split(' ').value(1).toDouble();
    }
    fail(QStringLiteral("the kernel does not tell Private_Dirty"));
}

}
