// SPDX-License-Identifier: MIT
#include "wire/jsonscanner_p.h"

#include "wire/jsonspace_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Wire {

namespace {

QString printable(char byte)
{
    if (byte > 0x20 && byte < 0x7f)
        return QStringLiteral("'%1'").arg(QLatin1Char(byte));
    return QStringLiteral("byte 0x%1").arg(uint(uchar(byte)), 2, 16, QLatin1Char('0'));
}

}

void JsonScanner::feed(QByteArrayView bytes)
{
    if (m_start > 0) {
        dropFront(&m_buffer, m_start);
        m_position -= std::exchange(m_start, 0);
    }
    m_buffer.append(bytes);
}

Decoded JsonScanner::next(QByteArrayView *message)
{
    if (!m_error.isEmpty())
        return Decoded::Broken;
    switch (scan()) {
    case Step::More:
        if (m_start > 0 && m_start == m_buffer.size()) {
            m_trimmer.empty(&m_buffer);
            m_start = m_position = 0;
        }
        return Decoded::Nothing;
    case Step::Broken:
        return Decoded::Broken;
    case Step::Complete:
        break;
    }
    *message = QByteArrayView(m_buffer).sliced(m_start, m_position - m_start);
    m_start = m_position;
    return Decoded::Message;
}

bool JsonScanner::hasRest() const
{
    return !m_brackets.empty() || !std::all_of(m_buffer.begin() + m_position, m_buffer.end(), isJsonSpace);
}

JsonScanner::Step JsonScanner::scan()
{
    while (m_position < m_buffer.size()) {
        Step step = Step::More;
        if (m_inString)
            skipString();
        else
            step = structural(m_buffer.at(m_position++));
        if (step != Step::Broken && m_position - m_start > m_maxMessageSize)
            return fail(QStringLiteral("message longer than the %1 bytes of maxMessageSize").arg(m_maxMessageSize));
        if (step != Step::More)
            return step;
    }
    return Step::More;
}

JsonScanner::Step JsonScanner::structural(char byte)
{
    if (m_brackets.empty()) {
        if (isJsonSpace(byte)) {
            m_start = m_position;
            if (++m_padding > m_maxPadding)
                return fail(QStringLiteral("more than %1 bytes of white space between messages").arg(m_maxPadding));
            return Step::More;
        }
        m_padding = 0;
        if (byte != '[')
            return fail(QStringLiteral("message is not a JSON array: it starts with %1").arg(printable(byte)));
    }
    switch (byte) {
    case '"':
        m_inString = true;
        break;
    case '[':
    case '{':
        if (m_brackets.size() == MaxDepth)
            return fail(QStringLiteral("message nested deeper than %1 levels").arg(MaxDepth));
        m_brackets.push_back(byte == '[' ? ']' : '}');
        break;
    case ']':
    case '}':
        if (m_brackets.back() != byte)
            return fail(QStringLiteral("malformed JSON: %1 where %2 was due")
                            .arg(printable(byte), printable(m_brackets.back())));
        m_brackets.pop_back();
        return m_brackets.empty() ? Step::Complete : Step::More;
    default:
        break;
    }
    return Step::More;
}

void JsonScanner::skipString()
{
    const char *const begin = m_buffer.constData();
    const char *const end = begin + m_buffer.size();
    const char *at = begin + m_position;
    if (m_escaped) {
        m_escaped = false;
        ++at;
    } else {
        at = std::find_if(at, end, [](char byte) { return byte == '"' || byte == '\\'; });
        if (at != end) {
            m_inString = *at == '\\';
            m_escaped = m_inString;
            ++at;
        }
    }
    m_position = at - begin;
}

JsonScanner::Step JsonScanner::fail(const QString &error)
{
    m_error = error;
    m_buffer.clear();
    m_start = m_position = 0;
    return Step::Broken;
}

}
