// SPDX-License-Identifier: MIT
// refuse-calls ERRNO NUMBER[,NUMBER…] PROGRAM [ARGUMENT…]: becomes a program for which the kernel refuses these system
// calls with that error, for good and in all its children, as the filters of containers do.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

int main(int argc, char *argv[])
{
    if (argc < 4)
        return 2;
    const unsigned error = unsigned(std::atoi(argv[1]));
    std::vector<sock_filter> filter{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    const char *numbers = argv[2];
    for (;;) {
        char *end = nullptr;
        filter.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, unsigned(std::strtoul(numbers, &end, 10)), 0, 1));
        filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error));
        if (*end != ',')
            break;
        numbers = end + 1;
    }
    filter.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) != 0) {
        std::perror("refuse-calls");
        return 3;
    }
    ::execv(argv[3], argv + 3);
    std::perror(argv[3]);
    return 4;
}
