// SPDX-License-Identifier: MIT
#include "wire/jsonparser_p.h"

#include "wire/jsonspace_p.h"
#include "wire/oneline_p.h"
#include "wire/utf8_p.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace Prefork::Wire {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isNegativeZero(double number)
{
    return number == 0 && std::signbit(number);
}

int hexDigit(char c)
{
    if (isDigit(c))
        return c - '0';
    const char lower = char(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}

void JsonParser::start(QByteArrayView text, qint64 maxDecodedSize)
{
    m_begin = m_at = text.begin();
    m_end = text.end();
    m_due = Due::Value;
    m_memory = detail::MemoryMeter(text.size(), maxDecodedSize);
    m_levels.clear();
    m_result.clear();
    m_error.clear();
    m_state = State::Working;
}

JsonParser::State JsonParser::parse(int steps)
{
    while (m_state == State::Working && steps-- > 0) {
        m_at = std::find_if_not(m_at, m_end, isJsonSpace);
        if (m_at == m_end)
            malformed("end");
        else
            static_cast<void>(step());
    }
    return m_state;
}

QVariantList JsonParser::take()
{
    if (m_state == State::Refused && !m_levels.empty())
        m_result = std::move(m_levels.front().list);
    m_levels.clear();
    return std::exchange(m_result, {});
}

bool JsonParser::malformed(const char *what)
{
    if (m_state == State::Working) {
        m_state = State::Malformed;
        m_error
            = QStringLiteral("malformed JSON: illegal %1 at byte %2").arg(QLatin1StringView(what)).arg(m_at - m_begin);
    }
    return false;
}

bool JsonParser::charge(qint64 bytes)
{
    return m_memory.charge(bytes) || refuse(m_memory.errorString());
}

bool JsonParser::refuse(const QString &what)
{
    m_state = State::Refused;
    m_error = onOneLine(what);
    return false;
}

bool JsonParser::step()
{
    const char byte = *m_at;
    switch (m_due) {
    case Due::ValueOrEnd:
        if (byte == ']')
            return close();
        [[fallthrough]];
    case Due::Value:
        return value(byte);
    case Due::KeyOrEnd:
        if (byte == '}')
            return close();
        [[fallthrough]];
    case Due::Key:
        return key(byte);
    case Due::Separator:
        return separator(byte);
    }
    return false;
}

bool JsonParser::value(char first)
{
    QVariant number;
    QString text;
    switch (first) {
    case '[':
    case '{':
        return open(first == '{');
    case '"':
        return string(&text) && add(QVariant(std::move(text)));
    case 't':
        return literal("true", QVariant(true));
    case 'f':
        return literal("false", QVariant(false));
    case 'n':
        return literal("null", QVariant::fromValue(nullptr));
    default:
        return this->number(&number) && add(std::move(number));
    }
}

bool JsonParser::key(char first)
{
    if (first != '"')
        return malformed("object");
    if (!string(&m_levels.back().key))
        return false;
    m_at = std::find_if_not(m_at, m_end, isJsonSpace);
    if (m_at == m_end || *m_at != ':')
        return malformed("object");
    ++m_at;
    m_due = Due::Value;
    return true;
}

bool JsonParser::separator(char byte)
{
    const bool isMap = m_levels.back().isMap;
    if (byte == (isMap ? '}' : ']'))
        return close();
    if (byte != ',')
        return malformed("value");
    ++m_at;
    m_due = isMap ? Due::Key : Due::Value;
    return true;
}

bool JsonParser::open(bool isMap)
{
    if (isMap && m_levels.empty())
        return malformed("message");
    ++m_at;
    m_levels.emplace_back().isMap = isMap;
    m_due = isMap ? Due::KeyOrEnd : Due::ValueOrEnd;
    return true;
}

bool JsonParser::close()
{
    ++m_at;
    Level level = std::move(m_levels.back());
    m_levels.pop_back();
    if (!m_levels.empty())
        return level.isMap ? add(QVariant(std::move(level.map))) : add(QVariant(std::move(level.list)));
    if (m_at != m_end)
        return malformed("end");
    m_result = std::move(level.list);
    m_state = State::Done;
    return true;
}

bool JsonParser::add(QVariant &&value)
{
    if (m_levels.empty())
        return malformed("message");
    Level &level = m_levels.back();
    m_due = Due::Separator;
    const bool isFirst = std::exchange(level.isEmpty, false);
    if (!charge(level.isMap ? (isFirst ? FirstEntryCost : EntryCost) : (isFirst ? FirstItemCost : ItemCost)))
        return false;
    if (level.isMap)
        level.map.insert(level.map.cend(), std::exchange(level.key, {}),
                         std::move(value)); // fast if the peer has sorted its keys
    else
        level.list.emplaceBack(std::move(value));
    return true;
}

bool JsonParser::literal(QByteArrayView word, QVariant &&value)
{
    if (!QByteArrayView(m_at, m_end - m_at).startsWith(word))
        return malformed("value");
    m_at += word.size();
    return add(std::move(value));
}

bool JsonParser::digits()
{
    const char *const first = m_at;
    m_at = std::find_if_not(m_at, m_end, isDigit);
    return m_at != first;
}

bool JsonParser::number(QVariant *value)
{
    const char *const first = m_at;
    if (*m_at == '-')
        ++m_at;
    if (m_at == m_end || !isDigit(*m_at))
        return m_at = first, malformed(*first == '-' || *first == '+' || *first == '.' ? "number" : "value");
    if (*m_at++ != '0')
        m_at = std::find_if_not(m_at, m_end, isDigit);
    else if (m_at != m_end && isDigit(*m_at))
        return malformed("number");
    const char *const integerEnd = m_at;
    if (m_at != m_end && *m_at == '.' && (++m_at, !digits()))
        return malformed("number");
    if (m_at != m_end && (*m_at | 0x20) == 'e') {
        ++m_at;
        if (m_at != m_end && (*m_at == '+' || *m_at == '-'))
            ++m_at;
        if (!digits())
            return malformed("number");
    }
    constexpr qsizetype SafeDigits = 18;
    if (m_at == integerEnd && m_at - first <= SafeDigits) {
        const bool isNegative = *first == '-';
        if (isNegative && first[1] == '0') {
            *value = QVariant(-0.0);
            return true;
        }
        qlonglong number = 0;
        for (const char *at = first + isNegative; at != m_at; ++at)
            number = 10 * number + (*at - '0');
        *value = QVariant(isNegative ? -number : number);
        return true;
    }
    const QByteArray text = QByteArray::fromRawData(first, m_at - first);
    bool ok = false;
    if (m_at == integerEnd) {
        *value = QVariant(text.toLongLong(&ok));
        if (!ok)
            *value = QVariant(text.toULongLong(&ok));
        if (ok)
            return true;
    }
    const double number = text.toDouble(&ok);
    if (!ok && m_at != integerEnd)
        return malformed("number");
    if (!ok || (m_at == integerEnd && QByteArray::number(number, 'f', 0) != text))
        return refuse(QStringLiteral("the integer %1, which does not fit 64 bits").arg(QString::fromLatin1(text)));
    const bool isInteger = std::abs(number) <= 0x1p53 && std::trunc(number) == number && !isNegativeZero(number);
    *value = isInteger ? QVariant(qlonglong(number)) : QVariant(number);
    return true;
}

bool JsonParser::string(QString *text)
{
    const char *const begin = ++m_at;
    uchar bits = 0;
    bool isEscaped = false;
    while (m_at != m_end && *m_at != '"') {
        const uchar byte = uchar(*m_at);
        if (byte < 0x20)
            return malformed("string");
        bits |= byte;
        if (byte == '\\') {
            isEscaped = true;
            if (++m_at == m_end)
                break;
        }
        ++m_at;
    }
    if (m_at == m_end)
        return malformed("string");
    const char *const end = m_at;
    if (!charge(detail::textCost(end - begin)))
        return false;
    *text = QString(QLatin1StringView(""));
    if (isEscaped) {
        text->reserve(end - begin + 1);
        m_at = begin;
        if (!unescape(text, end))
            return malformed("string");
    } else if (bits < 0x80) {
        if (end != begin)
            *text = QString::fromLatin1(begin, end - begin);
    } else if (!appendUtf8({begin, end - begin}, text)) {
        return malformed("string");
    }
    m_at = end + 1;
    return true;
}

bool JsonParser::unescape(QString *text, const char *end)
{
    while (m_at != end) {
        const char *const next = std::find(m_at, end, '\\');
        if (!appendUtf8({m_at, next - m_at}, text))
            return false;
        m_at = next;
        if (m_at != end && (++m_at, !escape(text, end)))
            return false;
    }
    return true;
}

bool JsonParser::escape(QString *text, const char *end)
{
    static constexpr QByteArrayView Names = "\"\\/bfnrt";
    static constexpr QByteArrayView Meanings = "\"\\/\b\f\n\r\t";
    if (m_at == end)
        return false;
    const char name = *m_at++;
    if (name != 'u') {
        const qsizetype index = Names.indexOf(name);
        if (index < 0)
            return false;
        text->append(QLatin1Char(Meanings[index]));
        return true;
    }
    char16_t unit = 0;
    char16_t second = 0;
    if (!codeUnit(end, &unit) || QChar::isLowSurrogate(unit))
        return false;
    text->append(QChar(unit));
    if (!QChar::isHighSurrogate(unit))
        return true;
    if (end - m_at < 6 || *m_at++ != '\\' || *m_at++ != 'u' || !codeUnit(end, &second)
        || !QChar::isLowSurrogate(second))
        return false;
    text->append(QChar(second));
    return true;
}

bool JsonParser::codeUnit(const char *end, char16_t *unit)
{
    if (end - m_at < 4)
        return false;
    for (int i = 0; i < 4; ++i) {
        const int digit = hexDigit(*m_at++);
        if (digit < 0)
            return false;
        *unit = char16_t(*unit << 4 | digit);
    }
    return true;
}

}
