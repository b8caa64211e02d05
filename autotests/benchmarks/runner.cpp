// SPDX-License-Identifier: MIT
#include "runner.h"

#include "meter.h"

#include <QtCore/QByteArrayList>

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Bench {

namespace {

using namespace std::chrono_literals;

constexpr auto ModeLimit = 60s;
constexpr auto ReapLimit = 2s;
constexpr std::array StopSignals{SIGINT, SIGTERM, SIGHUP};

volatile sig_atomic_t stopSignal = 0;
sigset_t signalsBefore;

// Blocked but for the waits, so that none comes between looking and waiting.
void watchSignals()
{
    struct sigaction action = {};
    action.sa_handler = [](int signal) { stopSignal = signal; };
    sigset_t blocked;
    sigemptyset(&blocked);
    for (const int signal : StopSignals) {
        ::sigaction(signal, &action, nullptr);
        sigaddset(&blocked, signal);
    }
    sigprocmask(SIG_BLOCK, &blocked, &signalsBefore);
}

// Only what is safe between fork and exec.
[[noreturn]] void becomeMode(const char *program, char *const argv[], int result, bool isPinned, int core)
{
    ::setpgid(0, 0); // Ctrl-C is for the one who cleans up
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigprocmask(SIG_SETMASK, &signalsBefore, nullptr);
    if (isPinned) {
        cpu_set_t cores;
        CPU_ZERO(&cores);
        CPU_SET(core, &cores);
        if (::sched_setaffinity(0, sizeof cores, &cores) != 0)
            ::_exit(1);
    }
    if (result == ResultDescriptor)
        ::fcntl(result, F_SETFD, 0);
    else if (::dup2(result, ResultDescriptor) < 0)
        ::_exit(1);
    ::execvp(program, argv);
    ::_exit(1);
}

// The line a mode has to say; what there is of it when it ends, when its time is up, or when a signal stops the run.
QByteArray readLine(int descriptor)
{
    QByteArray line;
    const auto deadline = Clock::now() + ModeLimit;
    while (!line.endsWith('\n') && !stopSignal && Clock::now() < deadline) {
        pollfd watch{.fd = descriptor, .events = POLLIN, .revents = 0};
        const timespec second{.tv_sec = 1, .tv_nsec = 0};
        if (::ppoll(&watch, 1, &second, &signalsBefore) <= 0)
            continue;
        std::array<char, 4096> buffer;
        const ssize_t size = ::read(descriptor, buffer.data(), buffer.size());
        if (size <= 0)
            break;
        line.append(buffer.data(), qsizetype(size));
    }
    return line;
}

// Orphans of a mode become ours: all ends with the last child.
void endChildren(pid_t mode, bool isDone)
{
    if (!isDone)
        ::kill(mode, SIGKILL);
    const auto deadline = Clock::now() + ReapLimit;
    while (true) {
        siginfo_t ended = {};
        if (::waitid(P_ALL, 0, &ended, WEXITED | WNOHANG) != 0 && errno == ECHILD)
            return;
        if (ended.si_pid != 0)
            continue;
        if (Clock::now() > deadline || stopSignal) {
            FILE *const children
                = std::fopen(qPrintable(QStringLiteral("/proc/self/task/%1/children").arg(::getpid())), "r");
            for (int pid = 0; children && std::fscanf(children, "%d", &pid) == 1;)
                ::kill(pid, SIGKILL);
            if (children)
                std::fclose(children);
        }
        ::usleep(1000);
    }
}

}

Runner::Runner(int rounds, bool isQuick)
    : m_rounds(rounds)
    , m_isQuick(isQuick)
{
    watchSignals();
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

int Runner::stoppedBy()
{
    return stopSignal;
}

int Runner::pinnedCore()
{
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    ::sched_getaffinity(0, sizeof allowed, &allowed);
    int core = 0;
    while (core < CPU_SETSIZE - 1 && !CPU_ISSET(core, &allowed))
        ++core;
    return core;
}

Result Runner::run(const Row &row, const std::function<void(int)> &progress) const
{
    Result result{.row = &row};
    for (int round = 0; round < m_rounds && result.isThere(); ++round) {
        if (progress)
            progress(round);
        const double ours = measure(row.ours, row.isPinned, &result.missing);
        if (!result.isThere())
            break;
        const double reference = measure(row.reference, row.isPinned, &result.missing);
        if (!result.isThere())
            break;
        result.ours.push_back(ours);
        result.reference.push_back(reference);
    }
    return result;
}

QByteArray Runner::runProcess(const QList<QByteArray> &arguments, bool isPinned, const QList<QByteArray> &wrapper)
{
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        return "error no pipe\n";
    QList<QByteArray> command = wrapper + arguments;
    std::vector<char *> argv;
    for (QByteArray &argument : command)
        argv.push_back(argument.data());
    argv.push_back(nullptr);
    const char *const program = wrapper.isEmpty() ? "/proc/self/exe" : argv.front();
    const int core = pinnedCore();
    const pid_t mode = ::fork();
    if (mode == 0)
        becomeMode(program, argv.data(), pipe[1], isPinned, core);
    ::close(pipe[1]);
    QByteArray line;
    if (mode > 0) {
        line = readLine(pipe[0]);
        endChildren(mode, line.endsWith('\n'));
    }
    ::close(pipe[0]);
    return line;
}

double Runner::measure(const Side &side, bool isPinned, QString *missing) const
{
    const qint64 parameter = m_isQuick ? side.quickParameter : side.parameter;
    if (!side.mode)
        return double(parameter);

    const QByteArray line = runProcess({"prefork-bench", "--mode", side.mode,
                                        QByteArray::number(m_isQuick ? 0.15 : 0.5), QByteArray::number(parameter)},
                                       isPinned);
    bool isNumber = false;
    const double value = line.trimmed().toDouble(&isNumber);
    if (isNumber && value > 0)
        return value;
    const QString name = QString::fromUtf8(side.mode);
    if (isNumber && value == NotBuilt)
        *missing = QStringLiteral("not built");
    else if (line.startsWith("error "))
        *missing = QStringLiteral("%1: %2").arg(name, QString::fromUtf8(line.sliced(6).trimmed()));
    else
        *missing = QStringLiteral("%1 ended without a result").arg(name);
    return 0;
}

}
