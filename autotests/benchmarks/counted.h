// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_COUNTED_H
#define BENCHMARKS_COUNTED_H

#include "mode.h"

/// A counted mode makes a given number of calls of one kind. Client and worker are in different programs, because
/// callgrind, under which one of them runs, makes a process 50 times slower: the other one has then always done
/// everything it can when the slow one looks, so that each run takes the same steps.
namespace Bench {

/// This is the process of a counted mode. It starts the program of the worker by the command @p server, makes the
/// calls, writes its own process id and that of the worker to ResultDescriptor, and ends without destructors.
[[noreturn]] void runCountedMode(const char *name, Context context, qint64 calls, char *const server[]);

/// This is the program of the worker: a server behind a relay at @p path. It writes a line when it is ready, and ends
/// at the end of its standard input. Returns its exit code.
int serveCounted(int argc, char *argv[], const char *path);

}

#endif
