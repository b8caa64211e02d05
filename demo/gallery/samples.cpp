// SPDX-License-Identifier: MIT
#include "samples.h"

#include "hostilesamples.h"
#include "landscape.h"

#include <QtPrefork/Error>

#include <QtCore/QBuffer>
#include <QtCore/QDir>
#include <QtCore/QSaveFile>
#include <QtGui/QImage>
#include <QtGui/QPainter>
#include <QtGui/QPainterPath>

using Prefork::Error;
using Samples::Kind;

namespace {

QRandomGenerator randomFor(int number)
{
    return QRandomGenerator(quint32(number) * 2654435761U + 17);
}

QByteArray encoded(const QImage &image, const char *format, int quality = -1)
{
    QByteArray bytes;
    QBuffer buffer(&bytes);
    if (image.isNull() || !image.save(&buffer, format, quality))
        throw Error(QStringLiteral("no image could be written as %1").arg(QString::fromLatin1(format)));
    return bytes;
}

QByteArray photo(int number)
{
    QRandomGenerator random = randomFor(number);
    const QSize size = random.bounded(4) == 0 ? QSize(900, 1200) : QSize(1280, 960);
    QImage image = Landscape::paint(Landscape::sceneOf(number), size, random);
    if (random.bounded(14) == 0)
        image.convertTo(QImage::Format_Grayscale8);
    return encoded(image, "JPEG", 88);
}

QByteArray panorama(int number)
{
    QRandomGenerator random = randomFor(number);
    return encoded(Landscape::paint(Landscape::sceneOf(number), QSize(4200, 700), random), "JPEG", 85);
}

// A round or square badge with a simple sign on it.
QByteArray icon(int number)
{
    QRandomGenerator random = randomFor(number);
    const int edge = 32 << random.bounded(3);
    QImage image(edge, edge, QImage::Format_ARGB32_Premultiplied);
    image.fill(Qt::transparent);
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.scale(edge / 100.0, edge / 100.0);
    painter.setPen(Qt::NoPen);
    const QColor color = QColor::fromHsv(random.bounded(360), 150, 210);
    painter.setBrush(color);
    const qreal roundness = random.bounded(2) ? 50 : 22;
    painter.drawRoundedRect(QRectF(4, 4, 92, 92), roundness, roundness);
    painter.setBrush(Qt::white);
    const int corners = 3 + random.bounded(5);
    QPainterPath sign;
    for (int i = 0; i < 2 * corners; ++i) {
        const qreal radius = i % 2 ? 14 : 32;
        const QPointF point(50 + radius * std::sin(i * M_PI / corners), 50 - radius * std::cos(i * M_PI / corners));
        i ? sign.lineTo(point) : sign.moveTo(point);
    }
    painter.drawPath(sign);
    painter.end();
    return encoded(image, "PNG");
}

// A smooth gradient, in which 8 bits a channel would show steps.
QByteArray deep(int number)
{
    QRandomGenerator random = randomFor(number);
    QImage image(800, 600, QImage::Format_RGBX64);
    const QColor colors[]
        = {QColor::fromHsv(random.bounded(360), 190, 235), QColor::fromHsv(random.bounded(360), 150, 70)};
    for (int y = 0; y < image.height(); ++y) {
        auto *const line = reinterpret_cast<QRgba64 *>(image.scanLine(y));
        for (int x = 0; x < image.width(); ++x) {
            const double wave = 0.5 + 0.5 * std::sin(x / 260.0 + 1.4 * std::sin(y / 210.0));
            const auto part = [wave](int a, int b) { return quint16(257 * (a + (b - a) * wave)); };
            line[x] = QRgba64::fromRgba64(part(colors[0].red(), colors[1].red()),
                                          part(colors[0].green(), colors[1].green()),
                                          part(colors[0].blue(), colors[1].blue()), 65535);
        }
    }
    return encoded(image, "PNG", 90);
}

// Some of a picture that was good.
QByteArray cutShort(int number)
{
    const QByteArray whole = deep(number);
    return whole.left(whole.size() / 3);
}

struct Writer
{
    Kind kind;
    const char *name;
    const char *suffix;
    QByteArray (*bytes)(int number);
};

constexpr Writer writers[] = {
    {Kind::Photo, nullptr, "jpg", photo},
    {Kind::Panorama, "panorama", "jpg", panorama},
    {Kind::Icon, "icon", "png", icon},
    {Kind::Deep, "gradient", "png", deep},
    {Kind::Animation, "animation", "gif", [](int number) { return HostileSamples::animation(randomFor(number)); }},
    {Kind::CutShort, "cut-short", "png", cutShort},
    {Kind::Bomb, "bomb", "png", [](int) { return HostileSamples::bomb(); }},
    {Kind::Absurd, "absurd", "png", [](int number) { return HostileSamples::absurd(randomFor(number)); }},
    {Kind::NoPicture, "letter", "jpg", [](int) { return QByteArray("Dear reader,\n\nthis is not a picture.\n"); }},
};

const Writer &writerOf(int number)
{
    return writers[int(Samples::kindOf(number))];
}

}

Kind Samples::kindOf(int number)
{
    // Of forty, so that each screenful has some of most.
    switch ((number * 7) % 40) {
    case 3:
    case 21:
        return Kind::Panorama;
    case 6:
    case 14:
    case 30:
        return Kind::Icon;
    case 9:
    case 34:
        return Kind::Deep;
    case 17:
        return Kind::Animation;
    case 12:
        return Kind::CutShort;
    case 25:
        return Kind::Bomb;
    case 28:
        return number % 80 < 40 ? Kind::Absurd : Kind::NoPicture;
    default:
        return Kind::Photo;
    }
}

QString Samples::fileName(int number)
{
    const Writer &writer = writerOf(number);
    const QString name = writer.name ? QString::fromLatin1(writer.name) : Landscape::nameOf(Landscape::sceneOf(number));
    return QStringLiteral("%1-%2.%3")
        .arg(name)
        .arg(number + 1, 3, 10, QLatin1Char('0'))
        .arg(QLatin1String(writer.suffix));
}

QString Samples::make(const QString &folder, int number)
{
    const QString path = QDir(folder).filePath(fileName(number));
    QSaveFile file(path);
    if (!file.open(QSaveFile::WriteOnly) || file.write(writerOf(number).bytes(number)) < 0 || !file.commit())
        throw Error(QStringLiteral("%1 cannot be written: %2").arg(path, file.errorString()));
    return path;
}
