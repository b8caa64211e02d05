// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborreader.h>

#include "wire/oneline_p.h"

#include <QtCore/QFloat16>
#include <QtCore/QStringConverter>

#include <algorithm>
#include <limits>

namespace Prefork::detail {

bool CborReader::fail(const QString &error)
{
    if (!m_broken) {
        m_error = QStringLiteral("malformed CBOR at byte %1: %2").arg(position()).arg(Wire::onOneLine(error));
        m_broken = true;
        m_at = m_end;
    }
    return false;
}

bool CborReader::deny(Denial denial, const QString &why)
{
    if (!m_broken) {
        m_error = Wire::onOneLine(why);
        m_denial = denial;
        m_broken = true;
        m_at = m_end;
    }
    return false;
}

bool CborReader::refuse(const QString &what)
{
    return deny(Denial::Value, what);
}

bool CborReader::refuseBecause(const QString &why)
{
    return deny(Denial::Told, why);
}

bool CborReader::truncated()
{
    return fail(QStringLiteral("it ends too early"));
}

bool CborReader::seek(qsizetype position)
{
    if (m_broken || position < 0 || position > this->position())
        return false;
    if (m_taken && position < this->position())
        return fail(QStringLiteral("its last bytes were already handed out"));
    m_at = m_begin + position;
    return true;
}

bool CborReader::enter()
{
    if (m_depth == CborMaxDepth)
        return fail(QStringLiteral("a value nested deeper than %1 levels").arg(CborMaxDepth));
    ++m_depth;
    return true;
}

bool CborReader::parseHead(Head *head)
{
    if (m_at == m_end)
        return truncated();
    const int info = *m_at & 31;
    const uchar *const after = m_at + 1;
    *head = {uchar(*m_at >> 5), false, quint64(info), after};
    if (info < 24)
        return true;
    if (info < 28) {
        const int width = 1 << (info - 24);
        if (m_end - after < width)
            return truncated();
        head->argument = 0;
        for (int i = 0; i < width; ++i)
            head->argument = head->argument << 8 | after[i];
        head->after = after + width;
        return true;
    }
    head->isIndefinite = info == 31;
    if (kindOf(*m_at) == Invalid)
        return fail(QStringLiteral("an unexpected byte 0x%1").arg(uint(*m_at), 2, 16, QLatin1Char('0')));
    return true;
}

bool CborReader::readArgument(uchar major, quint64 *argument)
{
    Head head;
    if (!parseHead(&head) || head.major != major)
        return false;
    *argument = head.argument;
    m_at = head.after;
    return true;
}

bool CborReader::readLongSigned(qint64 *value)
{
    Head head;
    if (!parseHead(&head) || head.major > 1 || head.argument > quint64(std::numeric_limits<qint64>::max()))
        return false;
    *value = head.major == 0 ? qint64(head.argument) : ~qint64(head.argument);
    m_at = head.after;
    return true;
}

bool CborReader::readDouble(double *value)
{
    Head head;
    if (!parseHead(&head) || head.major != 7)
        return false;
    switch (head.after - m_at) {
    case 3:
        *value = float(std::bit_cast<qfloat16>(quint16(head.argument)));
        break;
    case 5:
        *value = double(std::bit_cast<float>(quint32(head.argument)));
        break;
    case 9:
        *value = std::bit_cast<double>(head.argument);
        break;
    default:
        return false;
    }
    m_at = head.after;
    return true;
}

bool CborReader::fitsRest(const Head &head, quint64 bytesEach)
{
    return head.argument <= quint64(m_end - head.after) / bytesEach || truncated();
}

bool CborReader::readCount(uchar major, int itemsEach, quint64 *count)
{
    Head head;
    if (!parseHead(&head) || head.major != major || head.isIndefinite || !fitsRest(head, quint64(itemsEach)))
        return false;
    *count = head.argument;
    m_at = head.after;
    return true;
}

bool CborReader::readLongUtf8(QByteArrayView *value)
{
    Head head;
    if (!parseHead(&head) || head.major != 3 || head.isIndefinite || !fitsRest(head, 1))
        return false;
    const QByteArrayView text(head.after, qsizetype(head.argument));
    if (!QUtf8StringView(text.data(), text.size()).isValidUtf8())
        return fail(QStringLiteral("a text that is not UTF-8"));
    *value = text;
    m_at = head.after + text.size();
    return true;
}

}
