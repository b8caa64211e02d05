// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXPROCESS_P_H
#define QTPREFORK_POSIXPROCESS_P_H

#include <QtCore/QByteArray>

#include <sys/types.h>
#include <vector>

/// These functions are for this process, and for processes forked from it.
namespace Prefork::Posix {

/// Opens /dev/null at those of the numbers 0-2 that are closed. Otherwise a descriptor of the library would get such a
/// number, and receive what the program prints.
void occupyStandardDescriptors();
/// Ignores SIGPIPE, if it would end the process otherwise.
void outliveBrokenPipes();
/// Forks. Signals to the child wait until it calls receiveSignals(). An exception of a handler of pthread_atfork() ends
/// the process.
[[nodiscard]] pid_t forkProcess() noexcept;
/// From now on @p call runs first in every process that this one, or a child of it, forks with fork().
void inChildren(void (*call)());
/// After this, exit() ends the process like exitNow(), and every process that is forked from it: no handlers run that
/// were set before, and no static destructors.
void exitAtOnce();
/// Does what a process that was forked from a program must do first: exitAtOnce(), resetSignals(), and to close the
/// descriptors above 2 that are not in @p keep.
void beginProcess(std::vector<int> keep);
[[noreturn]] void exitNow(int status);
/// From now on the kernel kills this process when @p parent, the only thread of which has forked it, ends; and this
/// function ends it if that has happened already. outliveParent() undoes it. Where the kernel refuses that, nothing
/// happens.
void endWithParent(pid_t parent);
void outliveParent();
[[nodiscard]] pid_t processId();
[[nodiscard]] uid_t userId();
/// Returns how many threads this process has. Without /proc: 1 or, if there are more, 2.
[[nodiscard]] int threadCount();
/// Returns how many threads this process had before the program's own code began: those of preloaded tools, and the
/// first.
[[nodiscard]] int threadsOfTools();
/// Gives back to the system what the C library keeps of freed memory, where it can.
void releaseFreeMemory();
/// Has the C library put small pieces of freed memory together, as it does before it allocates much. A process that is
/// forked from here then need not do that, and copy the pages on which they are.
void tidyFreeMemory();
/// Begins a session and a process group: job control of a terminal does not stop them, and the kernel does not send
/// them SIGHUP when the parent dies.
void leadSession();
/// Makes a child, or this process if @p pid is 0, the leader of a process group of its own.
void leadGroup(pid_t pid);
/// Sends @p signal to all processes in the group of @p leader, a child that has not been reaped. Returns false if it
/// leads no group.
bool signalGroup(pid_t leader, int signal);
/// Kills what is left of the group of a child that has ended and has not been reaped.
void killGroup(pid_t leader);
/// Makes room for process titles, which are written over the environment and the arguments: these are moved elsewhere.
/// Calling it again does nothing.
void prepareTitles();
/// Sets the title that ps shows, as far as there is room. Does nothing without prepareTitles().
void setTitle(const QByteArray &title);
void flushStdio();

}

#endif
