// SPDX-License-Identifier: MIT
#include "watchedfile.h"

#include <QtPrefork/Error>
#include <QtPrefork/Worker>

WatchedFile::WatchedFile(const QString &path)
    : QFile(path)
{
    if (!open(ReadOnly))
        throw Prefork::Error(QStringLiteral("Cannot be opened: %1").arg(errorString()));
    if (QFile::size() == 0)
        throw Prefork::Error(QStringLiteral("The file is empty"));
}

qint64 WatchedFile::readData(char *data, qint64 size)
{
    // Nothing may be thrown through the C library that decodes.
    if (Prefork::Worker::isCanceled())
        return -1;
    const qint64 got = QFile::readData(data, size);
    if (got > 0 && pos() + got > m_furthest) {
        m_furthest = pos() + got;
        Prefork::Worker::setProgress(std::min(m_furthest, QFile::size()), QFile::size());
    }
    return got;
}
