// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXPROCESS_P_H
#define QTPREFORK_POSIXPROCESS_P_H

#include <QtCore/QByteArray>

#include <sys/types.h>
#include <vector>

/// This process, and those forked from it.
namespace Prefork::Posix {

/// Opens /dev/null as those of the descriptors 0-2 that are closed: else one of ours would get the number, and what is
/// printed or logged.
void occupyStandardDescriptors();
/// Ignores SIGPIPE, if it would end the process.
void outliveBrokenPipes();
/// Signals to the child wait until it calls receiveSignals(). What handlers of pthread_atfork() throw is never caught.
[[nodiscard]] pid_t forkProcess() noexcept;
/// Runs @p call first of all in every process that this one, or its children, fork with fork() from now on.
void inChildren(void (*call)());
/// What every process forked here does first. exit() ends like exitNow(), so that no handlers or static destructors of
/// the parent's program run; resetSignals(); descriptors above 2 are closed that are not in @p keep.
void beginProcess(std::vector<int> keep);
[[noreturn]] void exitNow(int status);
[[nodiscard]] pid_t processId();
[[nodiscard]] uid_t userId();
/// How many threads this process has; at least that many where there is no /proc.
[[nodiscard]] int threadCount();
/// How many threads this process had before the program's own code began: those of tools that are preloaded.
[[nodiscard]] int threadsOfTools();
/// What the C library keeps of freed memory goes back to the system, where it can.
void releaseFreeMemory();
/// Begins a session, and with it a process group, which no terminal's job control stops and which the kernel does not
/// hang up when its parent dies.
void leadSession();
/// Makes a child of ours, or with 0 this process, the leader of a process group of its own.
void leadGroup(pid_t pid);
/// Sends @p signal to all processes of the group that @p leader leads, a child of ours that has not been reaped. False
/// if it leads none.
bool signalGroup(pid_t leader, int signal);
/// Ends what is left of the group of a child of ours that has ended, and has not been reaped.
void killGroup(pid_t leader);
/// Makes room for titles: environment and arguments move elsewhere, for titles are written over them. Once is enough.
void prepareTitles();
/// Sets what ps shows, as far as there is room; nothing without prepareTitles().
void setTitle(const QByteArray &title);
void flushStdio();

}

#endif
