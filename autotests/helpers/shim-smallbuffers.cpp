// SPDX-License-Identifier: MIT
// Preloaded into a program: its pairs of stream sockets have the smallest buffers there are.
#include <dlfcn.h>
#include <sys/socket.h>

extern "C" __attribute__((visibility("default"))) int socketpair(int domain, int type, int protocol,
                                                                 int ends[2]) noexcept
{
    using Function = int (*)(int, int, int, int[2]);
    static const auto real = reinterpret_cast<Function>(::dlsym(RTLD_NEXT, "socketpair"));
    const int result = real(domain, type, protocol, ends);
    if (result != 0 || (type & SOCK_SEQPACKET) == SOCK_SEQPACKET)
        return result;
    const int smallest = 1;
    for (int i = 0; i < 2; ++i) {
        ::setsockopt(ends[i], SOL_SOCKET, SO_SNDBUF, &smallest, sizeof smallest);
        ::setsockopt(ends[i], SOL_SOCKET, SO_RCVBUF, &smallest, sizeof smallest);
    }
    return 0;
}
