// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborreader.h>

#include "wire/utf8_p.h"

#include <utility>

namespace Prefork::detail {

// A string comes in one piece behind its length, or in several pieces, each with a head of its own, between a head
// without a length and a break. nextPiece() returns the pieces of both forms; measureString() has checked them before.

bool CborReader::measureString(const Head &head, qsizetype *length)
{
    if (!head.isIndefinite) {
        *length = qsizetype(head.argument);
        return fitsRest(head, 1);
    }
    const uchar *const start = m_at;
    *length = 0;
    m_at = head.after;
    while (!atBreak()) {
        Head piece;
        if (!parseHead(&piece))
            return false;
        if (piece.major != head.major || piece.isIndefinite)
            return fail(QStringLiteral("a piece of a string that is no string"));
        if (!fitsRest(piece, 1))
            return false;
        *length += qsizetype(piece.argument);
        m_at = piece.after + piece.argument;
    }
    if (m_broken)
        return false;
    m_at = start;
    return true;
}

QByteArrayView CborReader::nextPiece(Head *head, bool *isLast)
{
    if (!head->isIndefinite) {
        m_at = head->after + head->argument;
        *isLast = true;
        return {head->after, qsizetype(head->argument)};
    }
    m_at = head->after;
    *isLast = atBreak();
    Head piece;
    if (*isLast || !parseHead(&piece))
        return {};
    head->after = piece.after + piece.argument;
    m_at = head->after;
    return {piece.after, qsizetype(piece.argument)};
}

bool CborReader::appendUtf8(QByteArrayView bytes, QString *text)
{
    return Wire::appendUtf8(bytes, text) || fail(QStringLiteral("a text that is not UTF-8"));
}

bool CborReader::readLongText(QString *value)
{
    Head head;
    qsizetype length = 0;
    if (!parseHead(&head) || head.major != 3 || !measureString(head, &length))
        return false;
    if (length >= LongString && !charge(textCost(length)))
        return false;
    QString text(QLatin1StringView(""));
    if (head.isIndefinite)
        text.reserve(length + 1);
    for (bool isLast = false; !isLast;) {
        if (!appendUtf8(nextPiece(&head, &isLast), &text))
            return false;
    }
    *value = std::move(text);
    return true;
}

bool CborReader::readBytes(QByteArray *value)
{
    Head head;
    qsizetype length = 0;
    if (!parseHead(&head) || head.major != 2 || !measureString(head, &length))
        return false;
    if (length >= LongString && !charge(bytesCost(length)))
        return false;
    const char *const data = reinterpret_cast<const char *>(head.after);
    if (m_owner && !head.isIndefinite && length >= CborChunkSize && head.after + length == m_end
        && data > m_owner->constData() && data + length == m_owner->constData() + m_owner->size()
        && m_owner->isDetached()) {
        const qsizetype before = data - m_owner->constData();
        *value = std::move(*m_owner);
        m_owner->clear();
        value->remove(0, before); // this moves the beginning of the array, and copies no bytes
        m_taken = true;
        m_at = m_end;
        return true;
    }
    QByteArray bytes("");
    bytes.reserve(length);
    for (bool isLast = false; !isLast;)
        bytes.append(nextPiece(&head, &isLast));
    *value = std::move(bytes);
    return true;
}

bool CborReader::skipString(const Head &head)
{
    Head rest = head;
    qsizetype length = 0;
    if (!measureString(head, &length))
        return false;
    for (bool isLast = false; !isLast;) {
        const QByteArrayView piece = nextPiece(&rest, &isLast);
        if (head.major == 3 && !QUtf8StringView(piece.data(), piece.size()).isValidUtf8())
            return fail(QStringLiteral("a text that is not UTF-8"));
    }
    return true;
}

bool CborReader::atBreak()
{
    if (m_at == m_end)
        return !truncated();
    if (*m_at != 0xff)
        return false;
    ++m_at;
    return true;
}

bool CborReader::skipItems(const Head &head)
{
    const bool isMap = head.major == 5;
    if (!head.isIndefinite && !fitsRest(head, isMap ? 2 : 1))
        return false;
    if (!enter())
        return false;
    m_at = head.after;
    for (quint64 i = 0; head.isIndefinite ? !atBreak() : i < head.argument; ++i) {
        if (isMap && peek() != Text)
            return peek() == End ? truncated() : fail(QStringLiteral("a map key that is no text"));
        if ((isMap && !skip()) || !skip())
            return false;
    }
    leave();
    return !m_broken;
}

bool CborReader::skip()
{
    Head head;
    do {
        if (!parseHead(&head))
            return false;
        if (head.major == 6)
            m_at = head.after;
    } while (head.major == 6);
    switch (head.major) {
    case 2:
    case 3:
        return skipString(head);
    case 4:
    case 5:
        return skipItems(head);
    case 7:
        if (kindOf(*m_at) == Invalid)
            return fail(QStringLiteral("an unknown simple value"));
        break;
    default:
        break;
    }
    m_at = head.after;
    return true;
}

}
