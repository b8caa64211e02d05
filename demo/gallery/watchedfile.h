// SPDX-License-Identifier: MIT
#ifndef GALLERY_WATCHEDFILE_H
#define GALLERY_WATCHEDFILE_H

#include <QtCore/QFile>

/// A file that a worker reads: it tells the window how much of it has been read, and ends early once nobody wants the
/// result any more. So decoders, which know nothing of either, have progress and can be canceled.
class WatchedFile : public QFile
{
public:
    /// Opens it. Throws a Prefork::Error if that fails.
    explicit WatchedFile(const QString &path);

protected:
    qint64 readData(char *data, qint64 size) override;

private:
    qint64 m_furthest = 0;
};

#endif
