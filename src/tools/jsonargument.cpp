// SPDX-License-Identifier: MIT
#include "jsonargument.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QUuid>

#include <algorithm>

namespace Tools {

namespace {

bool isOfNumber(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

bool isInteger(const QByteArray &number)
{
    return std::none_of(number.begin(), number.end(), [](char c) { return c == '.' || c == 'e' || c == 'E'; });
}

// Returns the end of the string that begins at @p begin with its quote.
const char *endOfString(const char *begin, const char *end)
{
    const char *at = begin + 1;
    while (at != end && *at != '"')
        at += *at == '\\' && end - at > 1 ? 2 : 1;
    return at == end ? end : at + 1;
}

// Returns @p json, which is well-formed, with each integer that is too large for qint64 as a string that begins with
// @p mark: Qt's JSON would make a double of it. If an integer does not fit quint64 either, and is not the exact value
// of a double, it is put into @p misfit.
QByteArray withMarkedIntegers(const QByteArray &json, const QByteArray &mark, QByteArray *misfit)
{
    QByteArray marked;
    const char *at = json.begin();
    while (at != json.end()) {
        const char *const begin = at;
        if (*at == '"')
            at = endOfString(at, json.end());
        else if (isOfNumber(*at))
            at = std::find_if_not(at, json.end(), isOfNumber);
        else
            ++at;
        const QByteArray piece(begin, at - begin);
        bool isSmall = !((*begin >= '0' && *begin <= '9') || *begin == '-') || !isInteger(piece);
        if (!isSmall)
            piece.toLongLong(&isSmall);
        bool isLarge = false;
        if (!isSmall)
            piece.toULongLong(&isLarge);
        if (!isSmall && !isLarge && QByteArray::number(piece.toDouble(), 'f', 0) != piece)
            *misfit = piece;
        marked += isLarge ? '"' + mark + piece + '"' : piece;
    }
    return marked;
}

QVariant withIntegers(const QVariant &value, const QString &mark)
{
    if (value.typeId() == QMetaType::QVariantList) {
        QVariantList list = value.toList();
        for (QVariant &item : list)
            item = withIntegers(item, mark);
        return list;
    }
    if (value.typeId() == QMetaType::QVariantMap) {
        QVariantMap map = value.toMap();
        for (QVariant &item : map)
            item = withIntegers(item, mark);
        return map;
    }
    const QString text = value.typeId() == QMetaType::QString ? value.toString() : QString();
    return text.startsWith(mark) ? QVariant(text.mid(mark.size()).toULongLong()) : value;
}

}

std::optional<QVariant> argumentFromText(const QString &text, QString *problem)
{
    const QByteArray json = '[' + text.toUtf8() + ']';
    if (QJsonDocument::fromJson(json).array().size() != 1)
        return text;
    const QString mark = QUuid::createUuid().toString();
    QByteArray misfit;
    const QByteArray marked = withMarkedIntegers(json, mark.toUtf8(), &misfit);
    if (!misfit.isEmpty()) {
        *problem = QStringLiteral("the integer %1 does not fit 64 bits").arg(QString::fromLatin1(misfit));
        return {};
    }
    return withIntegers(QJsonDocument::fromJson(marked).array().first().toVariant(), mark);
}

}
