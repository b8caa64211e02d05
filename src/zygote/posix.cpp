// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include <bsd/unistd.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

template <class Call>
auto retry(Call call)
{
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR)
            return result;
    }
}

Transfer failure(int error)
{
    if (error == EAGAIN || error == EWOULDBLOCK)
        return {Transfer::WouldBlock, 0, 0};
    if (error == EPIPE || error == ECONNRESET || error == ENOTCONN)
        return {Transfer::Closed, 0, error};
    return {Transfer::Failed, 0, error};
}

union DescriptorControl {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

sockaddr_un addressIn(int directory, const QByteArray &name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name.constData());
    return address;
}

// setproctitle() writes over argv, so it must see it before anything else does.
[[gnu::constructor]] void captureArguments(int argc, char **argv, char **environment)
{
    setproctitle_init(argc, argv, environment);
}

}

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
    const ssize_t count = retry([&] { return ::send(socket, bytes.data(), std::size_t(bytes.size()), MSG_NOSIGNAL); });
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

bool writeAll(int socket, QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const Transfer transfer = writeSome(socket, bytes);
        if (transfer.status != Transfer::Done)
            return false;
        bytes = bytes.sliced(transfer.bytes);
    }
    return true;
}

bool hasInput(int socket)
{
    char byte = 0;
    const ssize_t count = retry([&] { return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT); });
    return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

Transfer sendMessage(int socket, QByteArrayView message, int descriptor, bool wait)
{
    iovec part{const_cast<char *>(message.data()), std::size_t(message.size())};
    DescriptorControl control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    if (descriptor >= 0) {
        header.msg_control = control.bytes.data();
        header.msg_controllen = control.bytes.size();
        cmsghdr *const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    }
    const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    const ssize_t count = retry([&] { return ::sendmsg(socket, &header, flags); });
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

Transfer receiveMessage(int socket, std::span<char> into, Fd *descriptor)
{
    iovec part{into.data(), into.size()};
    DescriptorControl control{};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    const ssize_t count = retry([&] { return ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC); });
    if (count < 0)
        return failure(errno);
    Fd received;
    if (const cmsghdr *const rights = CMSG_FIRSTHDR(&header); rights && rights->cmsg_type == SCM_RIGHTS) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(rights), sizeof number);
        received.reset(number);
    }
    if (count == 0)
        return {Transfer::Closed, 0, 0};
    if (header.msg_flags & MSG_TRUNC)
        return {Transfer::Failed, 0, EMSGSIZE};
    if (descriptor)
        *descriptor = std::move(received);
    return {Transfer::Done, qsizetype(count), 0};
}

std::optional<std::pair<Fd, Fd>> socketPair(PairType type)
{
    std::array<int, 2> ends{};
    const int kind = type == PairType::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
    if (::socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return {};
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Fd acceptConnection(int listener)
{
    return Fd(retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); }));
}

Fd duplicate(int descriptor)
{
    return Fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
}

bool setNonBlocking(int descriptor, bool nonBlocking)
{
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && ::fcntl(descriptor, F_SETFL, nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

void tuneTcp(int socket)
{
    const auto set = [socket](int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

std::optional<Credentials> peerCredentials(int socket)
{
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return {};
    return Credentials{credentials.uid, credentials.gid, credentials.pid};
}

QString peerAddress(int socket)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (::getpeername(socket, reinterpret_cast<sockaddr *>(&address), &length) != 0)
        return {};
    if (address.ss_family == AF_INET) {
        const auto *const four = reinterpret_cast<const sockaddr_in *>(&address);
        ::inet_ntop(AF_INET, &four->sin_addr, host.data(), host.size());
        return QStringLiteral("tcp://%1:%2").arg(QLatin1StringView(host.data())).arg(ntohs(four->sin_port));
    }
    const auto *const six = reinterpret_cast<const sockaddr_in6 *>(&address);
    ::inet_ntop(AF_INET6, &six->sin6_addr, host.data(), host.size());
    return QStringLiteral("tcp://[%1]:%2").arg(QLatin1StringView(host.data())).arg(ntohs(six->sin6_port));
}

Fd openDirectory(const QByteArray &path)
{
    return Fd(retry([&] { return ::open(path.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

bool lockDirectory(int directory)
{
    constexpr timespec Pause{0, 5'000'000};
    constexpr int Attempts = 400;
    for (int i = 0; i < Attempts; ++i) {
        if (::flock(directory, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        ::nanosleep(&Pause, nullptr);
    }
    errno = EWOULDBLOCK;
    return false;
}

std::optional<FileIdentity> identify(int directory, const QByteArray &name)
{
    struct stat file
    {
    };
    if (::fstatat(directory, name.constData(), &file, AT_SYMLINK_NOFOLLOW) != 0)
        return {};
    return FileIdentity{file.st_dev, file.st_ino, file.st_uid, S_ISSOCK(file.st_mode)};
}

Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog)
{
    Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener.isOpen())
        return {};
    const sockaddr_un address = addressIn(directory, name);
    // bind() gives the file the socket's mode less the umask, never more; chmod then widens it, where nobody knows the name yet.
    const bool bound = ::fchmod(listener.get(), mode) == 0
        && ::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        && ::fchmodat(directory, name.constData(), mode, 0) == 0;
    if (!bound || ::listen(listener.get(), backlog) != 0)
        return {};
    return listener;
}

Probe probeSocket(int directory, const QByteArray &name)
{
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const Fd file(::openat(directory, name.constData(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!socket.isOpen() || !file.isOpen())
        return Probe::Failed;
    // By descriptor, for behind /proc/self/fd/N/ there would not be room for every name.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file.get());
    if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 || errno == EAGAIN)
        return Probe::Alive;
    return errno == ECONNREFUSED ? Probe::Dead : Probe::Failed;
}

bool renameIn(int directory, const QByteArray &from, const QByteArray &to)
{
    return ::renameat(directory, from.constData(), directory, to.constData()) == 0;
}

bool removeFrom(int directory, const QByteArray &name)
{
    return ::unlinkat(directory, name.constData(), 0) == 0;
}

pid_t forkProcess()
{
    flushStdio();
    return ::fork();
}

void exitNow(int status)
{
    flushStdio();
    ::_exit(status);
}

void makeExitImmediate()
{
    ::on_exit([](int status, void *) { exitNow(status); }, nullptr);
    ::at_quick_exit([] { exitNow(1); });
}

pid_t processId()
{
    return ::getpid();
}

uid_t userId()
{
    return ::geteuid();
}

int threadCount()
{
    DIR *const tasks = ::opendir("/proc/self/task");
    if (!tasks)
        return 1;
    int count = 0;
    while (const dirent *entry = ::readdir(tasks))
        count += entry->d_name[0] != '.';
    ::closedir(tasks);
    return count;
}

Fd openPidFd(pid_t pid)
{
    return Fd(int(::syscall(SYS_pidfd_open, pid, 0)));
}

void killChild(pid_t pid)
{
    ::kill(pid, SIGKILL);
    int status = 0;
    retry([&] { return ::waitpid(pid, &status, 0); });
}

bool signalProcess(int pidFd, int signal)
{
    return ::syscall(SYS_pidfd_send_signal, pidFd, signal, nullptr, 0) == 0;
}

std::optional<Death> reap(pid_t pid)
{
    int status = 0;
    if (retry([&] { return ::waitpid(pid, &status, WNOHANG); }) != pid)
        return {};
    Death death;
    death.pid = pid;
    if (WIFSIGNALED(status))
        death.signal = WTERMSIG(status);
    else
        death.exitCode = WEXITSTATUS(status);
    return death;
}

QString describeDeath(const Death &death)
{
    if (death.signal == 0)
        return QStringLiteral("exited with status %1").arg(death.exitCode);
    const char *const name = ::sigabbrev_np(death.signal);
    const QString signal = name ? QStringLiteral("SIG%1").arg(QLatin1StringView(name)) : QString::number(death.signal);
    return QStringLiteral("was killed by %1").arg(signal);
}

void leadProcessGroup()
{
    ::setpgid(0, 0);
}

void resetSignals()
{
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void closeOthers(std::vector<int> keep)
{
    keep.erase(std::remove_if(keep.begin(), keep.end(), [](int descriptor) { return descriptor <= 2; }), keep.end());
    std::sort(keep.begin(), keep.end());
    unsigned first = 3;
    const auto closeUpTo = [&first](unsigned last) {
        if (first <= last)
            ::syscall(SYS_close_range, first, last, 0);
    };
    for (const int descriptor : keep) {
        closeUpTo(unsigned(descriptor) - 1);
        first = unsigned(descriptor) + 1;
    }
    closeUpTo(UINT_MAX);
}

std::vector<int> openDescriptors()
{
    std::vector<int> descriptors;
    DIR *const directory = ::opendir("/proc/self/fd");
    if (!directory)
        return descriptors;
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

void setTitle(const QByteArray &title)
{
    setproctitle("-%s", title.constData());
}

void flushStdio()
{
    std::fflush(nullptr);
}

void waitFor(std::span<Watch> watches, std::optional<std::chrono::nanoseconds> timeout)
{
    std::vector<pollfd> polls;
    polls.reserve(watches.size());
    for (const Watch &watch : watches)
        polls.push_back({watch.descriptor, short(POLLIN | (watch.wantsWrite ? POLLOUT : 0)), 0});
    timespec limit{};
    if (timeout) {
        const auto whole = std::chrono::duration_cast<std::chrono::seconds>(*timeout);
        limit.tv_sec = whole.count();
        limit.tv_nsec = (*timeout - whole).count();
    }
    // A signal may cut the wait short: callers loop anyway.
    if (::ppoll(polls.data(), polls.size(), timeout ? &limit : nullptr, nullptr) < 0)
        return;
    for (std::size_t i = 0; i < watches.size(); ++i) {
        watches[i].readable = polls[i].revents & (POLLIN | POLLHUP | POLLERR);
        watches[i].writable = polls[i].revents & POLLOUT;
    }
}

void *mapShared(std::size_t bytes)
{
    void *const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
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

namespace {

int s_terminationPipe = -1;
struct sigaction s_oldInterrupt;
struct sigaction s_oldTerminate;

void onTermination(int signal)
{
    const int error = errno;
    ::signal(SIGINT, SIG_DFL);
    ::signal(SIGTERM, SIG_DFL);
    const char byte = char(signal);
    [[maybe_unused]] const ssize_t written = ::write(s_terminationPipe, &byte, 1);
    errno = error;
}

}

Fd watchTermination()
{
    std::array<int, 2> ends{};
    if (s_terminationPipe >= 0 || ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return {};
    s_terminationPipe = ends[1];
    struct sigaction action
    {
    };
    action.sa_handler = onTermination;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &s_oldInterrupt);
    ::sigaction(SIGTERM, &action, &s_oldTerminate);
    return Fd(ends[0]);
}

void unwatchTermination()
{
    if (s_terminationPipe < 0)
        return;
    ::sigaction(SIGINT, &s_oldInterrupt, nullptr);
    ::sigaction(SIGTERM, &s_oldTerminate, nullptr);
    ::close(std::exchange(s_terminationPipe, -1));
}

}
