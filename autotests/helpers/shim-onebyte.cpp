// SPDX-License-Identifier: MIT
// Preloaded into a program: its stream sockets take and give one byte at a time.
#include <dlfcn.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

template <class Function>
Function next(const char *name)
{
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

size_t allowed(int descriptor, size_t count)
{
    int type = 0;
    socklen_t size = sizeof type;
    const bool isStream = ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
    return isStream && count > 1 ? 1 : count;
}

}

extern "C" {

__attribute__((visibility("default"))) ssize_t read(int descriptor, void *into, size_t count)
{
    static const auto real = next<ssize_t (*)(int, void *, size_t)>("read");
    return real(descriptor, into, allowed(descriptor, count));
}

__attribute__((visibility("default"))) ssize_t write(int descriptor, const void *bytes, size_t count)
{
    static const auto real = next<ssize_t (*)(int, const void *, size_t)>("write");
    return real(descriptor, bytes, allowed(descriptor, count));
}

__attribute__((visibility("default"))) ssize_t recv(int descriptor, void *into, size_t count, int flags)
{
    static const auto real = next<ssize_t (*)(int, void *, size_t, int)>("recv");
    return real(descriptor, into, allowed(descriptor, count), flags);
}

__attribute__((visibility("default"))) ssize_t send(int descriptor, const void *bytes, size_t count, int flags)
{
    static const auto real = next<ssize_t (*)(int, const void *, size_t, int)>("send");
    return real(descriptor, bytes, allowed(descriptor, count), flags);
}
}
