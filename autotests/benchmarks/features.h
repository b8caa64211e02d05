// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_FEATURES_H
#define BENCHMARKS_FEATURES_H

// The native protocol came together with one-shot calls and futures; older libraries are measured without them.
#if __has_include(<QtPrefork/protocol.h>)
#include <QtPrefork/protocol.h>
#define BENCH_NATIVE 1
#else
#define BENCH_NATIVE 0
#endif

#endif
