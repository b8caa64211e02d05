// SPDX-License-Identifier: MIT
// Preloaded into a program: one system call that QtPrefork makes fails, once. PREFORK_FAIL="GENERATION CALL ARGUMENT
// ERRNO NTH" says which: in the program (0), in what it forks (1) or in what that forks (2); only with this command,
// option or number (-1 = any); only the nth of those made while the file PREFORK_FAIL_TRIGGER exists. The call that
// fails removes the file.
#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

// Copies, for the title of the process is written over its environment.
char s_call[32];
char s_trigger[4096];
long s_argument = -1;
int s_error = 0;
int s_wantedGeneration = 0;
int s_nth = 1;

int s_generation = 0;
int s_seen = 0;

// Where the calls must come from, for Qt and the C library make such calls too.
struct Code
{
    std::uintptr_t from = 0;
    std::uintptr_t to = 0;
} s_code;

int findCode(dl_phdr_info *object, size_t, void *)
{
    const bool isProgram = s_code.to == 0; // the first one
    if (!isProgram && !std::strstr(object->dlpi_name, "libQtPrefork"))
        return 0;
    s_code = {UINTPTR_MAX, 0};
    for (int i = 0; i < object->dlpi_phnum; ++i) {
        const ElfW(Phdr) &part = object->dlpi_phdr[i];
        if (part.p_type != PT_LOAD)
            continue;
        s_code.from = std::min<std::uintptr_t>(s_code.from, object->dlpi_addr + part.p_vaddr);
        s_code.to = std::max<std::uintptr_t>(s_code.to, object->dlpi_addr + part.p_vaddr + part.p_memsz);
    }
    return 0;
}

[[gnu::constructor]] void readPlan()
{
    const char *const plan = std::getenv("PREFORK_FAIL");
    const char *const trigger = std::getenv("PREFORK_FAIL_TRIGGER");
    if (!plan || !trigger || std::strlen(trigger) >= sizeof s_trigger)
        return;
    ::dl_iterate_phdr(findCode, nullptr);
    std::strcpy(s_trigger, trigger);
    if (std::sscanf(plan, "%d %31s %ld %d %d", &s_wantedGeneration, s_call, &s_argument, &s_error, &s_nth) != 5)
        s_call[0] = 0;
}

// Also between fork and exit, where only what a signal handler may do is allowed.
bool fails(const char *call, long argument, const void *caller)
{
    const auto from = reinterpret_cast<std::uintptr_t>(caller);
    if (s_generation != s_wantedGeneration || std::strcmp(call, s_call) != 0
        || (s_argument != -1 && argument != s_argument) || from < s_code.from || from >= s_code.to)
        return false;
    const int error = errno;
    const bool isTurn = ::access(s_trigger, F_OK) == 0 && ++s_seen == s_nth && ::unlink(s_trigger) == 0;
    errno = isTurn ? s_error : error;
    return isTurn;
}

template <class Function>
Function *next(Function *, const char *name)
{
    return reinterpret_cast<Function *>(::dlsym(RTLD_NEXT, name));
}

}

#define FAILPOINT(Result, name, parameters, arguments, argument, ...)                                                  \
    extern "C" __attribute__((visibility("default"))) Result name parameters __VA_ARGS__                               \
    {                                                                                                                  \
        static const auto real = next(&name, #name);                                                                   \
        return fails(#name, long(argument), __builtin_return_address(0)) ? Result(-1) : real arguments;                \
    }

FAILPOINT(int, accept4, (int socket, sockaddr *address, socklen_t *size, int flags), (socket, address, size, flags), -1)
FAILPOINT(int, bind, (int socket, const sockaddr *address, socklen_t size), (socket, address, size), -1, noexcept)
FAILPOINT(int, connect, (int socket, const sockaddr *address, socklen_t size), (socket, address, size), -1)
FAILPOINT(int, dup2, (int from, int to), (from, to), -1, noexcept)
FAILPOINT(int, epoll_create1, (int flags), (flags), -1, noexcept)
FAILPOINT(int, epoll_ctl, (int epoll, int what, int descriptor, epoll_event *event), (epoll, what, descriptor, event),
          what, noexcept)
FAILPOINT(int, epoll_wait, (int epoll, epoll_event *events, int most, int timeout), (epoll, events, most, timeout), -1)
FAILPOINT(int, fchmod, (int descriptor, mode_t mode), (descriptor, mode), -1, noexcept)
FAILPOINT(int, fchmodat, (int directory, const char *name, mode_t mode, int flags), (directory, name, mode, flags), -1,
          noexcept)
FAILPOINT(int, flock, (int descriptor, int what), (descriptor, what), -1, noexcept)
FAILPOINT(int, fstat, (int descriptor, struct stat *into), (descriptor, into), -1, noexcept)
FAILPOINT(int, fstatat, (int directory, const char *name, struct stat *into, int flags), (directory, name, into, flags),
          -1, noexcept)
FAILPOINT(int, getpeername, (int socket, sockaddr *address, socklen_t *size), (socket, address, size), -1, noexcept)
FAILPOINT(int, getrlimit, (__rlimit_resource_t which, rlimit *limit), (which, limit), which, noexcept)
FAILPOINT(int, getsockopt, (int socket, int level, int option, void *value, socklen_t *size),
          (socket, level, option, value, size), option, noexcept)
FAILPOINT(int, listen, (int socket, int backlog), (socket, backlog), -1, noexcept)
FAILPOINT(int, mprotect, (void *memory, size_t size, int how), (memory, size, how), -1, noexcept)
FAILPOINT(int, pipe2, (int *ends, int flags), (ends, flags), -1, noexcept)
FAILPOINT(int, poll, (pollfd * descriptors, nfds_t count, int timeout), (descriptors, count, timeout), -1)
FAILPOINT(int, ppoll, (pollfd * descriptors, nfds_t count, const timespec *timeout, const sigset_t *mask),
          (descriptors, count, timeout, mask), -1)
FAILPOINT(ssize_t, read, (int descriptor, void *into, size_t size), (descriptor, into, size), -1)
FAILPOINT(ssize_t, readlinkat, (int directory, const char *name, char *into, size_t size),
          (directory, name, into, size), -1, noexcept)
FAILPOINT(ssize_t, recv, (int socket, void *into, size_t size, int flags), (socket, into, size, flags), flags)
FAILPOINT(ssize_t, recvmsg, (int socket, msghdr *message, int flags), (socket, message, flags), -1)
FAILPOINT(int, renameat, (int fromDirectory, const char *from, int toDirectory, const char *to),
          (fromDirectory, from, toDirectory, to), -1, noexcept)
FAILPOINT(ssize_t, send, (int socket, const void *bytes, size_t size, int flags), (socket, bytes, size, flags), flags)
FAILPOINT(ssize_t, sendmsg, (int socket, const msghdr *message, int flags), (socket, message, flags), -1)
FAILPOINT(pid_t, setsid, (), (), -1, noexcept)
FAILPOINT(int, setrlimit, (__rlimit_resource_t which, const rlimit *limit), (which, limit), which, noexcept)
FAILPOINT(int, setsockopt, (int socket, int level, int option, const void *value, socklen_t size),
          (socket, level, option, value, size), option, noexcept)
FAILPOINT(int, shutdown, (int socket, int how), (socket, how), -1, noexcept)
FAILPOINT(int, socket, (int family, int type, int protocol), (family, type, protocol), -1, noexcept)
FAILPOINT(int, socketpair, (int family, int type, int protocol, int *ends), (family, type, protocol, ends), -1,
          noexcept)
FAILPOINT(int, unlinkat, (int directory, const char *name, int flags), (directory, name, flags), -1, noexcept)
FAILPOINT(int, waitid, (idtype_t kind, id_t id, siginfo_t *info, int options), (kind, id, info, options), -1)
FAILPOINT(pid_t, waitpid, (pid_t process, int *status, int options), (process, status, options), -1)

extern "C" {

__attribute__((visibility("default"))) void *mmap(void *at, size_t size, int how, int flags, int descriptor,
                                                  off_t offset) noexcept
{
    static const auto real = next(&mmap, "mmap");
    return fails("mmap", -1, __builtin_return_address(0)) ? MAP_FAILED : real(at, size, how, flags, descriptor, offset);
}

__attribute__((visibility("default"))) int fcntl(int descriptor, int command, ...)
{
    static const auto real = next(&fcntl, "fcntl");
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    return fails("fcntl", command, __builtin_return_address(0)) ? -1 : real(descriptor, command, argument);
}

__attribute__((visibility("default"))) int open(const char *path, int flags, ...)
{
    static const auto real = next(&open, "open");
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return fails("open", -1, __builtin_return_address(0)) ? -1 : real(path, flags, mode);
}

__attribute__((visibility("default"))) int openat(int directory, const char *path, int flags, ...)
{
    static const auto real = next(&openat, "openat");
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = va_arg(rest, mode_t);
    va_end(rest);
    return fails("openat", -1, __builtin_return_address(0)) ? -1 : real(directory, path, flags, mode);
}

__attribute__((visibility("default"))) long syscall(long number, ...) noexcept
{
    static const auto real = next(&syscall, "syscall");
    long arguments[6];
    va_list rest;
    va_start(rest, number);
    for (long &argument : arguments)
        argument = va_arg(rest, long);
    va_end(rest);
    if (fails("syscall", number, __builtin_return_address(0)))
        return -1;
    return real(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
}

__attribute__((visibility("default"))) pid_t fork() noexcept
{
    static const auto real = next(&fork, "fork");
    if (fails("fork", -1, __builtin_return_address(0)))
        return -1;
    const pid_t child = real();
    if (child == 0) {
        ++s_generation;
        s_seen = 0;
    }
    return child;
}
}
