// SPDX-License-Identifier: MIT
#include "methods.h"

#include <QtPrefork/GuiTypes>
#include <QtPrefork/Worker>

#include <QtCore/QBitArray>
#include <QtCore/QBuffer>
#include <QtCore/QDateTime>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QLine>
#include <QtCore/QLineF>
#include <QtCore/QRegularExpression>
#include <QtCore/QTimeZone>
#include <QtCore/QUrl>
#include <QtCore/QUuid>
#include <QtCore/QVersionNumber>

#include <cmath>
#include <csignal>
#include <limits>
#include <unistd.h>

using namespace Prefork;

namespace Test {

namespace {

using Arguments = const QVariantList &;

QString shown(const QVariant &value);

QString shownList(const QVariantList &list)
{
    QStringList items;
    for (const QVariant &item : list)
        items.append(shown(item));
    return u'[' + items.join(u',') + u']';
}

QString shownMap(const QVariantMap &map)
{
    QStringList entries;
    for (auto entry = map.cbegin(); entry != map.cend(); ++entry)
        entries.append(entry.key() + u':' + shown(entry.value()));
    return u'{' + entries.join(u',') + u'}';
}

// The type of C++ and the value.
QString shown(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UnknownType:
        return QStringLiteral("invalid");
    case QMetaType::Nullptr:
        return QStringLiteral("null");
    case QMetaType::QVariantList:
        return shownList(value.toList());
    case QMetaType::QVariantMap:
        return shownMap(value.toMap());
    case QMetaType::QByteArray:
        return QStringLiteral("QByteArray ") + QString::fromLatin1(value.toByteArray().toHex());
    case QMetaType::QDateTime:
        return QStringLiteral("QDateTime ") + value.toDateTime().toUTC().toString(Qt::ISODateWithMs);
    case QMetaType::QPointF:
        return QStringLiteral("QPointF %1 %2").arg(value.toPointF().x()).arg(value.toPointF().y());
    case QMetaType::Double:
        return QStringLiteral("double ") + (std::signbit(value.toDouble()) ? QStringLiteral("-") : QString())
            + QString::number(std::abs(value.toDouble()), 'g', 17);
    default:
        return QLatin1StringView(value.metaType().name()) + u' ' + value.toString();
    }
}

const QHash<QString, QVariant> &values()
{
    static const QHash<QString, QVariant> all{
        {"null", QVariant::fromValue(nullptr)},
        {"void", QVariant()},
        {"true", true},
        {"int", 42},
        {"2^53", qint64(1) << 53},
        {"2^53+1", (qint64(1) << 53) + 1},
        {"-2^53-1", -(qint64(1) << 53) - 1},
        {"quint64", std::numeric_limits<quint64>::max()},
        {"double", 1.5},
        {"float", 0.25F},
        {"nan", std::numeric_limits<double>::quiet_NaN()},
        {"-0", -0.0},
        {"string", QStringLiteral("häß 🎉")},
        {"char", QChar(u'x')},
        {"bytes", QByteArray("\0\x01\xff", 3)},
        {"datetime", QDateTime::fromString("2026-11-30T12:34:56.789Z", Qt::ISODateWithMs)},
        {"late", QDateTime::fromString("2000-01-01T00:00:00Z", Qt::ISODate).addYears(298000)},
        {"date", QDate(2026, 11, 30)},
        {"time", QTime(12, 34, 56, 789)},
        {"url", QUrl("http://example.org/a%20b")},
        {"uuid", QUuid("12345678-9abc-def0-1234-56789abcdef0")},
        {"list", QVariantList{1, "two", QVariantList{3}}},
        {"stringlist", QStringList{"a", "b"}},
        {"intlist", QVariant::fromValue(QList<int>{1, 2})},
        {"set", QVariant::fromValue(QSet<int>{7})},
        {"map", QVariantMap{{"a", 1}, {"b", QVariantMap{{"c", "d"}}}}},
        {"proto", QVariantMap{{"__proto__", QVariantMap{{"evil", true}}}}},
        {"point", QPoint(1, 2)},
        {"pointf", QPointF(1.5, 2)},
        {"size", QSize(3, 4)},
        {"rect", QRect(1, 2, 3, 4)},
        {"line", QLine(1, 2, 3, 4)},
        {"linef", QLineF(1.5, 2, 3, 4)},
        {"color", QColor(255, 0, 0)},
        {"font", QFont("Courier", 13)},
        {"vector3d", QVector3D(1, 2, 3)},
        {"bits",
         [] {
             QBitArray bits(3);
             bits.setBit(1);
             return bits;
         }()},
        {"version", QVariant::fromValue(QVersionNumber(6, 4, 2))},
        {"regexp", QRegularExpression("a+", QRegularExpression::CaseInsensitiveOption)},
        {"json", QJsonObject{{"a", QJsonArray{1, true, QJsonValue::Null}}}},
        {"image", QImage(2, 3, QImage::Format_RGB32)},
    };
    return all;
}

void addImages(Interface &interface)
{
    const auto sizeOf = [](Arguments arguments) {
        const QSize size = arguments.value(1).toSize();
        return size.isValid() ? size : QSize(8, 8);
    };
    interface.add("paint", [sizeOf](Arguments arguments) {
        QImage image(sizeOf(arguments), QImage::Format_RGB32);
        image.fill(QColor(arguments.value(0).toString()));
        return QVariant(image);
    });
    interface.add("encode", [sizeOf](Arguments arguments) {
        QImage image(sizeOf(arguments), QImage::Format_RGB32);
        image.fill(QColor(arguments.value(0).toString()));
        QByteArray bytes;
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        image.save(&buffer, "PNG");
        return QVariant(bytes);
    });
    interface.add("garbage", [](Arguments) { return QVariant(QByteArray("\x89PNG is no image")); });
    interface.add("slowPaint", [sizeOf](Arguments arguments) {
        for (int ms = 0; ms < 20; ++ms) {
            Worker::throwIfCanceled();
            ::usleep(1000);
        }
        return QVariant(QImage(sizeOf(arguments), QImage::Format_RGB32));
    });
}

void addLong(Interface &interface)
{
    interface.add("sleep", [](Arguments arguments) {
        for (int ms = 0; ms < arguments.value(0).toInt(); ++ms) {
            Worker::throwIfCanceled();
            ::usleep(1000);
        }
        return arguments.value(1);
    });
    interface.add("count", [](Arguments arguments) {
        const int end = arguments.value(0).toInt();
        for (int i = 1; i <= end; ++i) {
            Worker::emitEvent(QStringLiteral("step"), {i, QStringLiteral("of")});
            Worker::setProgress(i, end, QStringLiteral("step %1").arg(i));
        }
        return QVariant(end);
    });
}

// What the examples of docs/qml.md call.
void addManual(Interface &interface)
{
    static int pending = 0;
    static int committed = 0;
    const auto textOr = [](const QVariant &value, const char *problem) {
        if (value.toString().isEmpty())
            throw Error(QString::fromUtf8(problem));
        return value.toString();
    };
    interface.add("words", [](Arguments arguments) {
        return QVariant(arguments.value(0).toString().split(u' ', Qt::SkipEmptyParts).size());
    });
    interface.add("save", [textOr](Arguments arguments) {
        return QVariant(textOr(arguments.value(0).toMap().value("name"), "somebody needs a name"));
    });
    interface.add("info", [textOr](Arguments arguments) {
        return QVariant(textOr(arguments.value(0), "a file needs a name") + " is a file");
    });
    interface.add("thumbnail", [textOr](Arguments arguments) {
        textOr(arguments.value(0), "a picture needs a path");
        return QVariant(QImage(arguments.value(1).toSize().width(), 8, QImage::Format_RGB32));
    });
    interface.add("begin", [](Arguments) { return pending = 0, QVariant(); });
    interface.add("insert", [textOr](Arguments arguments) {
        textOr(arguments.value(0), "a row needs a text");
        return ++pending, QVariant();
    });
    interface.add("commit", [](Arguments) { return committed += pending, QVariant(); });
    interface.add("committed", [](Arguments) { return QVariant(committed); });
}

}

void fillInterface(Interface &interface)
{
    static qint64 state = 0; // in each worker its own
    interface.add("echo", [](Arguments arguments) { return arguments.value(0); });
    interface.add("describe", [](Arguments arguments) { return QVariant(shownList(arguments)); });
    interface.add("give", [](Arguments arguments) { return values().value(arguments.value(0).toString()); });
    interface.add("pid", [](Arguments) { return QVariant(qint64(::getpid())); });
    interface.add("put", [](Arguments arguments) { return state = arguments.value(0).toLongLong(), QVariant(); });
    interface.add("get", [](Arguments) { return QVariant(state); });
    interface.add("fill", [](Arguments arguments) { return QVariant(QByteArray(arguments.value(0).toInt(), 'x')); });
    interface.add("fail", [](Arguments arguments) -> QVariant {
        throw Error(arguments.value(0).toString(), arguments.value(1));
    });
    interface.add("crash", [](Arguments) { return ::raise(SIGKILL), QVariant(); });
    addLong(interface);
    addImages(interface);
    addManual(interface);
}

}
