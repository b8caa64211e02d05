// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_BARE_H
#define BENCHMARKS_BARE_H

#include <cstddef>
#include <functional>
#include <sys/types.h>

/// What the floors are made of: processes and sockets with nothing around them.
namespace Bench::Bare {

/// What every floor sends and gets back.
inline constexpr char Message[] = "secret";
inline constexpr std::size_t MessageSize = sizeof Message - 1;

/// A forked process that runs @p body and ends; it ends with this process, too. Returns its pid.
pid_t startProcess(const std::function<void()> &body);
/// A forked process that runs @p body with one end of a stream socket pair; returns the other.
[[nodiscard]] int startWorker(void (*body)(int socket));
/// Sends back whatever comes, as much at a time as there is.
void echo(int socket);

void writeAll(int socket, const char *bytes, std::size_t size);
void readAll(int socket, char *bytes, std::size_t size);
void setNonBlocking(int socket);

/// Private_Dirty of a process, in kB.
[[nodiscard]] double privateDirty(pid_t pid);

}

#endif
