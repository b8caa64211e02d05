// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_GUITYPES_H
#define QTPREFORK_GUITYPES_H

#if !__has_include(<QtGui/QImage>)
#error "<QtPrefork/GuiTypes> needs Qt Gui: find_package(Qt6 COMPONENTS Gui) and link with Qt6::Gui"
#endif

#include <QtPrefork/detail/typeregistry.h>

#include <QtCore/QDataStream>
#include <QtCore/QIODevice>
#include <QtCore/QtEndian>
#include <QtGui/QBrush>
#include <QtGui/QColor>
#include <QtGui/QColorSpace>
#include <QtGui/QFont>
#include <QtGui/QImage>
#include <QtGui/QKeySequence>
#include <QtGui/QMatrix4x4>
#include <QtGui/QPainterPath>
#include <QtGui/QPalette>
#include <QtGui/QPen>
#include <QtGui/QPolygonF>
#include <QtGui/QQuaternion>
#include <QtGui/QRegion>
#include <QtGui/QTextFormat> // for QTextLength
#include <QtGui/QTransform>
#include <QtGui/QVector2D>
#include <QtGui/QVector3D>
#include <QtGui/QVector4D>

/// @file
/// Allows values of classes of Qt Gui to be sent. When this header is included somewhere in a program, such values may
/// be parameters, results and arguments of events, also in gadgets and in QVariants, without registerType(): QBrush,
/// QColor, QColorSpace, QFont, QImage, QKeySequence, QMatrix4x4, QPainterPath, QPalette, QPen, QPolygon, QPolygonF,
/// QQuaternion, QRegion, QTextLength, QTransform, and QVector2D to QVector4D. The program on the other side must
/// include this header, too. Neither side needs a QGuiApplication.
///
/// Over the native protocol, a value is sent as its QDataStream operator writes it. Only a QImage is sent in another
/// way, which keeps its format and every pixel. Over JSON, a value is a text with the same bytes in base64. A colour
/// may also be sent as its name, and a polygon as the list of its points.
///
/// QPixmap, QBitmap, QIcon and QCursor cannot be sent, because they belong to the screen of one process. Send a QImage
/// instead. QTextFormat is left out, because its operator makes a value of any type that the bytes name.
///
/// A program that includes this header trusts Qt's stream operators with the bytes that a peer sends; see SECURITY.md.
namespace Prefork::detail {

/// Writes and reads a QImage with its format and every pixel.
struct ImageOperators
{
    /// Returns how many bytes a row of pixels has, without padding.
    [[nodiscard]] static qint64 rowSize(qint64 width, int depth) { return (width * depth + 7) / 8; }

    static bool save(QDataStream &stream, const void *value)
    {
        const QImage &image = *static_cast<const QImage *>(value);
        stream << qint32(image.format()) << image.size();
        if (image.isNull())
            return true;
        stream << image.devicePixelRatio() << qint32(image.dotsPerMeterX()) << qint32(image.dotsPerMeterY())
               << image.offset() << image.colorTable() << image.colorSpace().isValid();
        if (image.colorSpace().isValid()) // Qt cannot read the bytes that it writes for an invalid colour space
            stream << image.colorSpace();
        const QStringList keys = image.textKeys();
        stream << keys;
        for (const QString &key : keys)
            stream << image.text(key);
        const qint64 row = rowSize(image.width(), image.depth());
        QByteArray rows;
        rows.reserve(row * image.height());
        for (int y = 0; y < image.height(); ++y)
            rows.append(reinterpret_cast<const char *>(image.constScanLine(y)), row);
        stream << rows;
        return true;
    }

    static bool load(QDataStream &stream, void *value)
    {
        QImage &image = *static_cast<QImage *>(value);
        image = QImage();
        qint32 format = 0;
        QSize size;
        stream >> format >> size;
        if (stream.status() != QDataStream::Ok || format < 0 || format >= QImage::NImageFormats)
            return false;
        if (format == QImage::Format_Invalid)
            return true;
        qreal ratio = 0;
        qint32 dotsX = 0;
        qint32 dotsY = 0;
        QPoint offset;
        quint32 colorCount = 0;
        QList<QRgb> colors;
        bool hasSpace = false;
        QColorSpace space;
        QStringList keys;
        stream >> ratio >> dotsX >> dotsY >> offset >> colorCount;
        if (stream.status() != QDataStream::Ok || colorCount > 256)
            return false;
        for (quint32 i = 0; i < colorCount; ++i)
            stream >> colors.emplaceBack();
        stream >> hasSpace;
        if (hasSpace)
            stream >> space;
        stream >> keys;
        QStringList texts;
        for (qsizetype i = 0; i < keys.size() && stream.status() == QDataStream::Ok; ++i)
            stream >> texts.emplaceBack();
        QByteArray rows;
        stream >> rows;
        // No memory is allocated before the sizes are known to agree with the bytes that have arrived.
        const qint64 row = rowSize(size.width(), QImage::toPixelFormat(QImage::Format(format)).bitsPerPixel());
        if (stream.status() != QDataStream::Ok || size.width() <= 0 || size.height() <= 0 || row > rows.size()
            || rows.size() != row * size.height() || !(ratio > 0))
            return false;
        QImage made(size, QImage::Format(format));
        if (made.isNull() || rowSize(size.width(), made.depth()) != row)
            return false;
        if (!colors.isEmpty())
            made.setColorTable(colors);
        for (int y = 0; y < size.height(); ++y)
            std::copy_n(rows.constData() + y * row, row, reinterpret_cast<char *>(made.scanLine(y)));
        made.setDevicePixelRatio(ratio);
        made.setDotsPerMeterX(dotsX);
        made.setDotsPerMeterY(dotsY);
        made.setOffset(offset);
        made.setColorSpace(space);
        for (qsizetype i = 0; i < keys.size(); ++i)
            made.setText(keys[i], texts[i]);
        image = std::move(made);
        return true;
    }
};

/// Reads a T. Its bytes begin with the number of its items, and each item has @p ItemSize bytes or more. Qt does not
/// check this number: it takes memory for so many items, and reads them even if they are not there.
template <class T, qint64 ItemSize>
struct CountedOperators
{
    static bool load(QDataStream &stream, void *value)
    {
        const QByteArray begin = stream.device()->peek(sizeof(quint32));
        if (begin.size() != sizeof(quint32)
            || qFromBigEndian<quint32>(begin.constData()) > stream.device()->bytesAvailable() / ItemSize)
            return false;
        stream >> *static_cast<T *>(value);
        return true;
    }
};

/// Reads a QRegion. Qt also reads forms of a region that it never writes, such as regions in a region. Only the forms
/// that Qt writes are accepted here: nothing, or a list of rectangles.
struct RegionOperators
{
    static bool load(QDataStream &stream, void *value)
    {
        constexpr quint32 RectanglesFollow = 10; // Qt's number for this form
        constexpr quint32 HeadSize = 2 * sizeof(quint32);
        const QByteArray begin = stream.device()->peek(3 * sizeof(quint32));
        const auto number = [&begin](int index) { return qFromBigEndian<quint32>(begin.constData() + 4 * index); };
        const bool isEmpty = begin.size() == sizeof(quint32) && number(0) == 0;
        if (!isEmpty
            && (begin.size() != 3 * sizeof(quint32) || number(0) < HeadSize || number(1) != RectanglesFollow
                || number(0) - HeadSize != 16 * quint64(number(2))))
            return false;
        stream >> *static_cast<QRegion *>(value);
        return true;
    }
};

/// Makes a class known. Its values are written by their QDataStream operator and read by @p load.
template <class T>
bool addGuiType(bool (*load)(QDataStream &, void *))
{
    return TypeRegistry::addBuiltIn(QMetaType::fromType<T>().name(), QMetaType::fromType<T>(), {nullptr, load});
}

/// Makes classes known. Their values are written and read by their QDataStream operators.
template <class... T>
bool addGuiTypes()
{
    return (TypeRegistry::addBuiltIn(QMetaType::fromType<T>().name(), QMetaType::fromType<T>(), {}) && ...);
}

inline const bool hasGuiTypes = TypeRegistry::addBuiltIn("QImage.rows", QMetaType::fromType<QImage>(),
                                                         {&ImageOperators::save, &ImageOperators::load})
    && addGuiType<QKeySequence>(&CountedOperators<QKeySequence, sizeof(qint32)>::load)
    && addGuiType<QPainterPath>(&CountedOperators<QPainterPath, sizeof(qint32) + 2 * sizeof(double)>::load)
    && addGuiType<QPolygon>(&CountedOperators<QPolygon, 2 * sizeof(qint32)>::load)
    && addGuiType<QPolygonF>(&CountedOperators<QPolygonF, 2 * sizeof(double)>::load)
    && addGuiType<QRegion>(&RegionOperators::load)
    && addGuiTypes<QBrush, QColor, QColorSpace, QFont, QMatrix4x4, QPalette, QPen, QQuaternion, QTextLength, QTransform,
                   QVector2D, QVector3D, QVector4D>();

}

#endif
