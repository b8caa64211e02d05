// SPDX-License-Identifier: MIT
#include "thumbnailcache.h"

QList<int> ThumbnailCache::insert(int row, const QImage &image)
{
    remove(row);
    m_thumbnails.push_front({row, image});
    m_places.insert(row, m_thumbnails.begin());
    m_bytes += image.sizeInBytes();
    QList<int> dropped;
    while (m_bytes > m_maxBytes && m_thumbnails.size() > 1) {
        dropped.append(m_thumbnails.back().row);
        remove(dropped.last());
    }
    return dropped;
}

QImage ThumbnailCache::find(int row) const
{
    const auto place = m_places.constFind(row);
    return place == m_places.cend() ? QImage() : place.value()->image;
}

void ThumbnailCache::touch(int row)
{
    if (const auto place = m_places.constFind(row); place != m_places.cend())
        m_thumbnails.splice(m_thumbnails.begin(), m_thumbnails, place.value());
}

void ThumbnailCache::remove(int row)
{
    const auto place = m_places.constFind(row);
    if (place == m_places.cend())
        return;
    m_bytes -= place.value()->image.sizeInBytes();
    m_thumbnails.erase(place.value());
    m_places.erase(place);
}

void ThumbnailCache::clear()
{
    m_thumbnails.clear();
    m_places.clear();
    m_bytes = 0;
}
