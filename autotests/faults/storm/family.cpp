// SPDX-License-Identifier: MIT
#include "family.h"

#include "helpers/processes.h"
#include "roles.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace Storm {

namespace {

volatile sig_atomic_t caughtSignal = 0;

// Only what is safe between fork and exec.
[[noreturn]] void becomeRole(char *const arguments[], int ledger, pid_t parent)
{
    ::setpgid(0, 0); // Ctrl-C is for the one who cleans up
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    if (ledger == LedgerDescriptor)
        ::fcntl(ledger, F_SETFD, 0);
    else if (::dup2(ledger, LedgerDescriptor) < 0)
        ::_exit(1);
    ::execv("/proc/self/exe", arguments);
    ::_exit(1);
}

}

Descriptor::Descriptor(Descriptor &&other) noexcept
    : m_descriptor(std::exchange(other.m_descriptor, -1))
{
}

Descriptor &Descriptor::operator=(Descriptor &&other) noexcept
{
    std::swap(m_descriptor, other.m_descriptor);
    return *this;
}

Descriptor::~Descriptor()
{
    if (m_descriptor >= 0)
        ::close(m_descriptor);
}

bool Ended::isNormal() const
{
    return code == CLD_EXITED && status == 0;
}

QString Ended::text() const
{
    return (code == CLD_EXITED ? QStringLiteral("exited with status %1") : QStringLiteral("was ended by signal %1"))
        .arg(status);
}

void leadFamily()
{
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    const rlimit noCores{};
    ::setrlimit(RLIMIT_CORE, &noCores);
    struct sigaction action = {};
    action.sa_handler = [](int signal) { caughtSignal = signal; };
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(signal, &action, nullptr);
}

int stopSignal()
{
    return caughtSignal;
}

pid_t startRole(const QList<QByteArray> &arguments, int ledger)
{
    QList<QByteArray> texts = arguments;
    std::vector<char *> pointers;
    for (QByteArray &text : texts)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid == 0)
        becomeRole(pointers.data(), ledger, parent);
    return pid;
}

std::optional<Ended> reapChild()
{
    siginfo_t ended = {};
    if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG) != 0 || ended.si_pid == 0)
        return {};
    return Ended{.pid = ended.si_pid, .code = ended.si_code, .status = ended.si_status};
}

bool hasChildren()
{
    siginfo_t ended = {};
    return ::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

void endFamily()
{
    while (hasChildren()) {
        for (const pid_t child : childrenOf(::getpid()))
            ::kill(child, SIGKILL); // not reaped: it is still the same
        while (reapChild()) { }
        ::usleep(1000);
    }
}

std::vector<pid_t> childrenOf(pid_t parent)
{
    std::vector<pid_t> children;
    const QByteArray list = Test::procFile(parent, QStringLiteral("task/%1/children").arg(parent));
    for (const QByteArray &child : list.split(' ')) {
        if (const pid_t pid = child.trimmed().toInt(); pid > 0)
            children.push_back(pid);
    }
    return children;
}

Descriptor openChild(pid_t pid, pid_t parent)
{
    Descriptor process(int(::syscall(SYS_pidfd_open, pid, 0)));
    const QList<QByteArray> stat = Test::statOf(pid);
    const bool isAlive = stat.value(0) != "Z" && stat.value(0) != "T" && stat.value(1).toInt() == parent;
    return isAlive ? std::move(process) : Descriptor();
}

bool sendSignal(const Descriptor &process, int signal)
{
    return ::syscall(SYS_pidfd_send_signal, process.get(), signal, nullptr, 0) == 0;
}

bool hasEnded(const Descriptor &process)
{
    pollfd watch{.fd = process.get(), .events = POLLIN, .revents = 0};
    return ::poll(&watch, 1, 0) == 1;
}

}
