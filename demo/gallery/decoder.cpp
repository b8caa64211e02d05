// SPDX-License-Identifier: MIT
#include "decoder.h"

#include "mishap.h"
#include "naturalorder.h"
#include "samples.h"
#include "watchedfile.h"

#include <QtPrefork/Error>
#include <QtPrefork/Worker>

#include <QtCore/QDir>
#include <QtCore/QLocale>
#include <QtGui/QImageReader>
#include <QtGui/QPainter>

#include <algorithm>
#include <cmath>

using namespace Prefork;

namespace {

QString inWords(QSize size)
{
    return QStringLiteral("%1 × %2").arg(size.width()).arg(size.height());
}

qint64 pixels(QSize size)
{
    return qint64(size.width()) * size.height();
}

void refuseIfTooLarge(QSize size)
{
    if (!size.isValid() || pixels(size) <= Decoder::MaxPixels)
        return;
    throw Error(QStringLiteral("%1 pixels would take %2 of memory, more than a worker may use")
                    .arg(inWords(size), QLocale::c().formattedDataSize(pixels(size) * 4, 1)));
}

// What QImageReader says is meant for programmers.
QString reasonOf(const QImageReader &reader)
{
    switch (reader.error()) {
    case QImageReader::UnsupportedFormatError:
        return QStringLiteral("Not a picture, whatever its name says");
    case QImageReader::InvalidDataError:
        return QStringLiteral("Damaged or cut short");
    default:
        return reader.errorString();
    }
}

QImage decoded(QImageReader &reader)
{
    QImage image = reader.read();
    Worker::throwIfCanceled();
    if (image.isNull())
        throw Error(reasonOf(reader));
    return image;
}

// What the reader is told is a size before the picture is turned as its camera was held.
void setScaledSize(QImageReader &reader, QSize shownSize)
{
    if (reader.transformation() & QImageIOHandler::TransformationRotate90)
        shownSize.transpose();
    if (shownSize != reader.size())
        reader.setScaledSize(shownSize);
}

QSize shownSize(const QImageReader &reader)
{
    const QSize size = reader.size();
    return reader.transformation() & QImageIOHandler::TransformationRotate90 ? size.transposed() : size;
}

// Not an icon, and not a panorama.
bool isToFill(const QImageReader &reader, QSize size, QSize tile)
{
    const bool isOpaque = QImage::toPixelFormat(reader.imageFormat()).alphaUsage() == QPixelFormat::IgnoresAlpha;
    const double shape = double(size.width()) / size.height();
    return isOpaque && shape > 0.5 && shape < 2.2 && size.width() >= tile.width() && size.height() >= tile.height();
}

QSize thumbnailSize(QSize size, QSize tile, bool isFilled)
{
    if (isFilled)
        return size.scaled(tile, Qt::KeepAspectRatioByExpanding);
    const bool fits = size.width() <= tile.width() && size.height() <= tile.height();
    return fits ? size : size.scaled(tile, Qt::KeepAspectRatio).expandedTo({1, 1});
}

// The middle of the picture, with round corners: so the window has nothing to clip.
QImage cut(const QImage &image, QSize tile, int radius)
{
    QImage result(tile, QImage::Format_ARGB32_Premultiplied);
    result.fill(Qt::transparent);
    const QPoint middle((image.width() - tile.width()) / 2, (image.height() - tile.height()) / 2);
    QPainter painter(&result);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QBrush(image.copy(QRect(middle, tile))));
    painter.drawRoundedRect(QRect(QPoint(), tile), radius, radius);
    return result;
}

QImage makeThumbnail(const QString &path, QSize tile, int radius, Decoder::Mishap mishap)
{
    Worker::setProgress(0, 0); // tells the window that it has begun
    suffer(mishap);
    WatchedFile file(path);
    QImageReader reader(&file);
    reader.setAutoTransform(true);
    refuseIfTooLarge(reader.size());
    QSize size = shownSize(reader); // which some formats do not tell before they are read
    const bool isFilled = !size.isEmpty() && isToFill(reader, size, tile);
    if (!size.isEmpty())
        setScaledSize(reader, thumbnailSize(size, tile, isFilled));
    QImage image = decoded(reader);
    size = thumbnailSize(image.size(), tile, isFilled);
    if (image.size() != size)
        image = image.scaled(size, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    if (isFilled)
        return cut(image, tile, radius);
    return image.convertToFormat(QImage::Format_ARGB32_Premultiplied);
}

QString describe(QImageReader &reader)
{
    QStringList words{QString::fromLatin1(reader.format()).toUpper()};
    switch (reader.imageFormat()) {
    case QImage::Format_RGBX64:
    case QImage::Format_RGBA64:
    case QImage::Format_RGBA64_Premultiplied:
    case QImage::Format_Grayscale16:
        words.append(QStringLiteral("16 bits a channel"));
        break;
    default:
        break;
    }
    if (reader.supportsAnimation())
        words.append(QStringLiteral("animated, first frame"));
    return words.join(QStringLiteral(" · "));
}

QImage readFullSize(const QString &path, Decoder::Mishap mishap)
{
    Worker::setProgress(0, 0);
    suffer(mishap);
    WatchedFile file(path);
    QImageReader reader(&file);
    reader.setAutoTransform(true);
    const QSize size = shownSize(reader);
    if (!size.isEmpty())
        Worker::emitEvent(Decoder::described, size, describe(reader));
    refuseIfTooLarge(size);
    if (pixels(size) > Decoder::MaxFullPixels)
        setScaledSize(reader, size * std::sqrt(double(Decoder::MaxFullPixels) / double(pixels(size))));
    const QImage image = decoded(reader);
    return image.convertToFormat(image.hasAlphaChannel() ? QImage::Format_ARGB32_Premultiplied : QImage::Format_RGB32);
}

QStringList picturesIn(const QString &folder)
{
    const QDir directory(folder);
    if (!directory.exists())
        throw Error(QStringLiteral("There is no folder “%1”").arg(folder));
    QStringList filters;
    for (const QByteArray &suffix : QImageReader::supportedImageFormats())
        filters.append(QStringLiteral("*.%1").arg(QString::fromLatin1(suffix)));
    QStringList names = directory.entryList(filters, QDir::Files);
    std::sort(names.begin(), names.end(), isBeforeNaturally);
    for (QString &name : names)
        name = directory.filePath(name);
    return names;
}

}

void Decoder::fillInterface(Interface &interface)
{
    // Qt's own limit is lower than what the largest picture here takes.
    interface.setup([] { QImageReader::setAllocationLimit(int(MaxPixels * 4 / (1024 * 1024)) + 1); });
    interface.add(thumbnail, makeThumbnail);
    interface.add(fullSize, readFullSize);
    interface.add(listFolder, picturesIn);
    interface.add(makeSample, Samples::make);
}

ZygoteOptions Decoder::zygoteOptions()
{
    WorkerLimits limits{.coreSize = 0, .nice = 10, .oomScoreAdjust = 300};
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) // which map terabytes
    limits.addressSpace = qint64(1536) * 1024 * 1024;
#endif
    return {.name = "gallery", .limits = limits};
}
