// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_PRELOADED_H
#define AUTOTESTS_PRELOADED_H

#include "helpers/serverprocess.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QProcess>

namespace Test {

/// Runs this test program once more, as `--preloaded MODE`, with a library between it and the system.
inline Ended runPreloaded(const QString &library, const QString &mode, const QStringList &environment = {})
{
    QProcess process;
    process.setEnvironment(QProcess::systemEnvironment() + environment
                           + QStringList(QStringLiteral("LD_PRELOAD=") + library));
    process.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--preloaded"), mode}, QIODevice::ReadOnly);
    const bool hasEnded = process.waitForFinished(2 * int(Patience.count()));
    if (!hasEnded) {
        process.kill();
        process.waitForFinished(-1);
    }
    const bool isNormal = hasEnded && process.exitStatus() == QProcess::NormalExit;
    return {isNormal ? process.exitCode() : -1, QString::fromLocal8Bit(process.readAllStandardOutput()),
            QString::fromLocal8Bit(process.readAllStandardError())};
}

}

#endif
