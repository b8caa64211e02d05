// SPDX-License-Identifier: MIT
#ifndef DEMO_REASONS_H
#define DEMO_REASONS_H

#include <QtPrefork/Error>

namespace Demo {

/// Returns why a call has failed, in one sentence for people.
[[nodiscard]] QString reasonFor(const Prefork::Error &error);
/// Returns what WorkerModel says of a death, in few words: "killed by SIGSEGV", "timed out after 5 seconds".
[[nodiscard]] QString deathInFewWords(const QString &reason);
/// Returns the same in one or two words, for a small place: "SIGSEGV", "time-out".
[[nodiscard]] QString deathInOneWord(const QString &reason);

}

#endif
