// SPDX-License-Identifier: MIT
#include "wire/coretypes_p.h"

#include <QtCore/QLine>
#include <QtCore/QPoint>
#include <QtCore/QRect>
#include <QtCore/QSize>

#include <algorithm>
#include <limits>

namespace Prefork::Wire {

namespace {

template <class T>
const T &as(const void *data)
{
    return *static_cast<const T *>(data);
}

Geometry integers(std::initializer_list<qint64> numbers)
{
    Geometry geometry;
    geometry.count = int(numbers.size());
    std::copy(numbers.begin(), numbers.end(), geometry.integers.begin());
    return geometry;
}

Geometry doubles(std::initializer_list<double> numbers)
{
    Geometry geometry;
    geometry.count = int(numbers.size());
    geometry.isFloating = true;
    std::copy(numbers.begin(), numbers.end(), geometry.doubles.begin());
    return geometry;
}

bool isInt(qint64 number)
{
    return number >= std::numeric_limits<int>::min() && number <= std::numeric_limits<int>::max();
}

}

QVariantList Geometry::toList() const
{
    QVariantList list;
    for (std::size_t i = 0; i < std::size_t(count); ++i)
        list.append(isFloating ? QVariant(doubles[i]) : QVariant(integers[i]));
    return list;
}

Geometry geometryOf(QMetaType type)
{
    Geometry geometry;
    switch (type.id()) {
    case QMetaType::QPointF:
    case QMetaType::QSizeF:
        geometry.isFloating = true;
        geometry.count = 2;
        break;
    case QMetaType::QPoint:
    case QMetaType::QSize:
        geometry.count = 2;
        break;
    case QMetaType::QLineF:
    case QMetaType::QRectF:
        geometry.isFloating = true;
        geometry.count = 4;
        break;
    case QMetaType::QLine:
    case QMetaType::QRect:
        geometry.count = 4;
        break;
    default:
        break;
    }
    return geometry;
}

Geometry geometryOf(QMetaType type, const void *data)
{
    switch (type.id()) {
    case QMetaType::QPoint:
        return integers({as<QPoint>(data).x(), as<QPoint>(data).y()});
    case QMetaType::QSize:
        return integers({as<QSize>(data).width(), as<QSize>(data).height()});
    case QMetaType::QLine: {
        const QLine line = as<QLine>(data);
        return integers({line.x1(), line.y1(), line.x2(), line.y2()});
    }
    case QMetaType::QRect: { // its width need not fit an int
        const QRect rect = as<QRect>(data);
        return integers(
            {rect.left(), rect.top(), qint64(rect.right()) - rect.left() + 1, qint64(rect.bottom()) - rect.top() + 1});
    }
    case QMetaType::QPointF:
        return doubles({as<QPointF>(data).x(), as<QPointF>(data).y()});
    case QMetaType::QSizeF:
        return doubles({as<QSizeF>(data).width(), as<QSizeF>(data).height()});
    case QMetaType::QLineF: {
        const QLineF line = as<QLineF>(data);
        return doubles({line.x1(), line.y1(), line.x2(), line.y2()});
    }
    case QMetaType::QRectF: {
        const QRectF rect = as<QRectF>(data);
        return doubles({rect.x(), rect.y(), rect.width(), rect.height()});
    }
    default:
        return {};
    }
}

bool setGeometry(const Geometry &numbers, QMetaType type, void *data)
{
    const auto &d = numbers.doubles;
    auto i = numbers.integers;
    if (type.id() == QMetaType::QRect && isInt(i[0]) && isInt(i[1])) {
        i[2] = std::clamp<qint64>(i[2], -0x200000000, 0x200000000) + i[0] - 1;
        i[3] = std::clamp<qint64>(i[3], -0x200000000, 0x200000000) + i[1] - 1;
    }
    if (!std::all_of(i.begin(), i.end(), isInt))
        return false;
    switch (type.id()) {
    case QMetaType::QPoint:
        *static_cast<QPoint *>(data) = QPoint(int(i[0]), int(i[1]));
        return true;
    case QMetaType::QSize:
        *static_cast<QSize *>(data) = QSize(int(i[0]), int(i[1]));
        return true;
    case QMetaType::QLine:
        *static_cast<QLine *>(data) = QLine(int(i[0]), int(i[1]), int(i[2]), int(i[3]));
        return true;
    case QMetaType::QRect:
        static_cast<QRect *>(data)->setCoords(int(i[0]), int(i[1]), int(i[2]), int(i[3]));
        return true;
    case QMetaType::QPointF:
        *static_cast<QPointF *>(data) = QPointF(d[0], d[1]);
        return true;
    case QMetaType::QSizeF:
        *static_cast<QSizeF *>(data) = QSizeF(d[0], d[1]);
        return true;
    case QMetaType::QLineF:
        *static_cast<QLineF *>(data) = QLineF(d[0], d[1], d[2], d[3]);
        return true;
    case QMetaType::QRectF:
        *static_cast<QRectF *>(data) = QRectF(d[0], d[1], d[2], d[3]);
        return true;
    default:
        return false;
    }
}

}
