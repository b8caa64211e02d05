// SPDX-License-Identifier: MIT
// The cheapest worker there can be: a small process gets a descriptor in a message, forks, and the child answers on it.
#include "bare.h"
#include "meter.h"

#include <array>
#include <csignal>
#include <cstring>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Bench {

namespace {

struct Channel
{
    msghdr header{};
    iovec part{};
    char byte = 'x';
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};

    Channel()
    {
        part = {.iov_base = &byte, .iov_len = 1};
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
    Q_DISABLE_COPY_MOVE(Channel)
};

bool sendDescriptor(int socket, int descriptor)
{
    Channel channel;
    cmsghdr *const message = CMSG_FIRSTHDR(&channel.header);
    message->cmsg_level = SOL_SOCKET;
    message->cmsg_type = SCM_RIGHTS;
    message->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(message), &descriptor, sizeof descriptor);
    return ::sendmsg(socket, &channel.header, MSG_NOSIGNAL) == 1;
}

int receiveDescriptor(int socket)
{
    Channel channel;
    if (::recvmsg(socket, &channel.header, MSG_CMSG_CLOEXEC) != 1)
        ::_exit(0);
    int descriptor = -1;
    std::memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&channel.header)), sizeof descriptor);
    return descriptor;
}

void zygote(int control)
{
    ::signal(SIGCHLD, SIG_IGN); // the kernel reaps
    for (;;) {
        const int connection = receiveDescriptor(control);
        if (::fork() == 0) {
            ::close(control);
            const pid_t self = ::getpid();
            std::array<char, Bare::MessageSize> request;
            Bare::readAll(connection, request.data(), request.size());
            Bare::writeAll(connection, reinterpret_cast<const char *>(&self), sizeof self);
            ::read(connection, request.data(), 1) > 0 ? ::_exit(1) : ::_exit(0);
        }
        ::close(connection);
    }
}

struct Worker
{
    int socket = -1;
    pid_t pid = 0;
};

Worker spawn(int control)
{
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0 || !sendDescriptor(control, ends[1]))
        fail(QStringLiteral("no bare worker"));
    ::close(ends[1]);
    Worker worker{.socket = ends[0]};
    Bare::writeAll(worker.socket, Bare::Message, Bare::MessageSize);
    Bare::readAll(worker.socket, reinterpret_cast<char *>(&worker.pid), sizeof worker.pid);
    return worker;
}

}

double floorSpawn(const Context &context)
{
    const int control = Bare::startWorker(zygote);
    std::vector<double> samples;
    const auto start = Clock::now();
    do {
        const auto before = Clock::now();
        const Worker worker = spawn(control);
        samples.push_back(secondsSince(before) * 1e6);
        ::close(worker.socket);
        ::usleep(2000); // its end is not to be paid by the next
    } while (secondsSince(start) < context.seconds);
    return median(samples);
}

double floorWorkerMemory(const Context &)
{
    const int control = Bare::startWorker(zygote);
    const Worker worker = spawn(control);
    ::usleep(50'000);
    return Bare::privateDirty(worker.pid);
}

}
