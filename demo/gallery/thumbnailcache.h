// SPDX-License-Identifier: MIT
#ifndef GALLERY_THUMBNAILCACHE_H
#define GALLERY_THUMBNAILCACHE_H

#include <QtCore/QHash>
#include <QtCore/QList>
#include <QtGui/QImage>

#include <list>

/// Has the thumbnails of rows of the album. When all together take more memory than allowed, those that were not looked
/// at for the longest time are dropped.
class ThumbnailCache
{
public:
    explicit ThumbnailCache(qsizetype maxBytes = qsizetype(128) * 1024 * 1024)
        : m_maxBytes(maxBytes)
    {
    }

    /// Adds a thumbnail. Returns the rows whose thumbnails were dropped for it; never @p row itself.
    [[nodiscard]] QList<int> insert(int row, const QImage &image);
    /// Returns the thumbnail of a row; a null image if there is none.
    [[nodiscard]] QImage find(int row) const;
    [[nodiscard]] bool contains(int row) const { return m_places.contains(row); }
    /// Notes that the thumbnail of a row is looked at now.
    void touch(int row);
    void remove(int row);
    void clear();

    [[nodiscard]] qsizetype bytes() const { return m_bytes; }
    [[nodiscard]] qsizetype maxBytes() const { return m_maxBytes; }

private:
    struct Thumbnail
    {
        int row;
        QImage image;
    };
    using Thumbnails = std::list<Thumbnail>;

    qsizetype m_maxBytes;
    qsizetype m_bytes = 0;
    Thumbnails m_thumbnails; // sorted: the thumbnail that was looked at last comes first
    QHash<int, Thumbnails::iterator> m_places;
};

#endif
