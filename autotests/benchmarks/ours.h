// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_OURS_H
#define BENCHMARKS_OURS_H

#include "features.h"
#include "meter.h"

#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

namespace Bench {

inline constexpr Prefork::Method<QString(QString)> echo{"echo"};
inline constexpr Prefork::Method<QByteArray(QByteArray)> echoBytes{"echoBytes"};
inline constexpr Prefork::Method<qint64()> workerPid{"workerPid"};
inline constexpr Prefork::Method<void(qint64)> sleepSeconds{"sleepSeconds"};
inline constexpr Prefork::Method<void(qint64)> compute{"compute"}; ///< for so many microseconds

inline constexpr int Workers = 2;

/// A program as a user of the library writes it: what its workers can do, a zygote, an application. Clients are made by
/// each mode. An error that nobody expects ends the mode.
class Program
{
public:
    explicit Program(const Context &context, const Prefork::ZygoteOptions &options = {});

    [[nodiscard]] Prefork::Zygote *zygote() { return &m_zygote; }
    /// Until quit(). Then measuring is over, and calls that are still under way may end with their client.
    void exec();

private:
    Prefork::Interface m_interface;
    Prefork::Zygote m_zygote;
    QCoreApplication m_app;
};

/// Returns what the workers of all modes can do.
[[nodiscard]] Prefork::Interface makeInterface();
/// For a fixed number of workers, all of them connected from the start.
[[nodiscard]] Prefork::ClientOptions workers(int count);

}

#endif
