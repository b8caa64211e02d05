// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_REHEARSAL_P_H
#define QTPREFORK_REHEARSAL_P_H

namespace Prefork::Internal {

/// Serves one call of a method of its own, in this process, without I/O. In a zygote, the dynamic linker then knows the
/// functions that a worker calls until its first reply, and processes that are forked from here need not look them up:
/// each look-up touches several pages of memory for the first time. In a spare worker, also the pages that a call needs
/// have then been touched. To touch a page for the first time is what costs a fresh process most.
void rehearseWorker() noexcept;

}

#endif
