// SPDX-License-Identifier: MIT
#include "cookbook/scanner.h"

#include <QtPrefork/Worker>

#include <cstdlib>

void Scanner::fillInterface(Prefork::Interface &interface)
{
    interface.add(scan, [](const QStringList &files) {
        for (const QString &file : files) {
            Prefork::Worker::throwIfCanceled();
            if (file == QStringLiteral("missing"))
                throw Prefork::Error(QStringLiteral("there is no file '%1'").arg(file));
            if (file == QStringLiteral("evil"))
                std::abort();
            Prefork::Worker::emitEvent(found, file);
        }
        return int(files.size());
    });
}
