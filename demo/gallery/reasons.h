// SPDX-License-Identifier: MIT
#ifndef GALLERY_REASONS_H
#define GALLERY_REASONS_H

#include <QtPrefork/Error>

/// Returns why a picture is not shown, in one sentence for people.
[[nodiscard]] QString reasonFor(const Prefork::Error &error);
/// Returns what WorkerModel says of a death, in few words: "killed by SIGSEGV", "timed out after 5 seconds".
[[nodiscard]] QString deathInFewWords(const QString &reason);
/// Returns the same in one or two words, for a small place: "SIGSEGV", "time-out".
[[nodiscard]] QString deathInOneWord(const QString &reason);

#endif
