// SPDX-License-Identifier: MIT
#ifndef STORM_REPORT_H
#define STORM_REPORT_H

#include "audit.h"

#include <QtCore/QStringList>

namespace Storm {

/// What a storm did and what it found.
struct Report
{
    Audit audit = {};
    quint64 kills = 0;
    QMap<QString, quint64> killsBy = {};
    quint64 pauses = 0;
    QMap<QString, quint64> restartsBy = {}; ///< how many of each way, by its name
    quint64 lateCancels = 0; ///< of what had settled, or was about to
    quint64 events = 0; ///< that clients have heard of
    quint64 progress = 0;
    quint64 runTimeouts = 0;
    int zombies = 0; ///< processes that were dead for longer than five seconds and not reaped
    int descriptorGrowth = 0; ///< of clients, server and zygote together
    qint64 clientMemoryGrowth = 0; ///< kB, of all clients together
    qint64 serverMemoryGrowth = 0; ///< kB, of the server and its zygote
    double seconds = 0;
    QStringList accidents = {}; ///< what must not happen and has no number of its own

    /// 1 if anything is wrong.
    [[nodiscard]] int exitCode() const;
    /// Said at the start, so that a run that fails, however it does, can be repeated.
    [[nodiscard]] static QString seedLine(quint64 seed);
    /// A line for each number, `name value`, and one for each accident.
    [[nodiscard]] QString text() const;
};

}

#endif
