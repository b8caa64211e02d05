// SPDX-License-Identifier: MIT
#include "wire/jsonstrict_p.h"

#include <algorithm>

namespace Prefork::Wire {

namespace {

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

bool isHexDigit(char c)
{
    return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class Checker
{
public:
    explicit Checker(QByteArrayView text)
        : m_begin(text.begin())
        , m_at(text.begin())
        , m_end(text.end())
    {
    }

    std::optional<QString> check()
    {
        while (m_at != m_end) {
            const char c = *m_at;
            if (c == '"') {
                if (!string())
                    return problem("string");
            } else if (c == '-' || c == '+' || c == '.' || isDigit(c)) {
                if (!number())
                    return problem("number");
            } else {
                ++m_at;
            }
        }
        return {};
    }

private:
    [[nodiscard]] QString problem(const char *what) const
    {
        return QStringLiteral("illegal %1 at byte %2").arg(QLatin1StringView(what)).arg(m_at - m_begin);
    }
    [[nodiscard]] bool digits()
    {
        const char *const first = m_at;
        m_at = std::find_if_not(m_at, m_end, isDigit);
        return m_at != first;
    }
    [[nodiscard]] bool skip(char c)
    {
        const bool found = m_at != m_end && *m_at == c;
        m_at += found;
        return found;
    }

    [[nodiscard]] bool number()
    {
        static_cast<void>(skip('-'));
        if (!skip('0') && !digits())
            return false;
        if (skip('.') && !digits())
            return false;
        if (skip('e') || skip('E')) {
            if (!skip('-'))
                static_cast<void>(skip('+'));
            if (!digits())
                return false;
        }
        return m_at == m_end || !(isDigit(*m_at) || *m_at == '.');
    }

    [[nodiscard]] bool string()
    {
        ++m_at;
        for (;;) {
            m_at = std::find_if(m_at, m_end, [](char c) { return c == '"' || c == '\\' || uchar(c) < 0x20; });
            if (skip('"'))
                return true;
            if (!skip('\\') || !escape())
                return false;
        }
    }
    [[nodiscard]] bool escape()
    {
        if (!skip('u'))
            return m_at != m_end && QByteArrayView("\"\\/bfnrt").contains(*m_at++);
        const auto unit = codeUnit();
        if (!unit || QChar::isLowSurrogate(*unit))
            return false;
        if (!QChar::isHighSurrogate(*unit))
            return true;
        const auto second = skip('\\') && skip('u') ? codeUnit() : std::nullopt;
        return second && QChar::isLowSurrogate(*second);
    }
    [[nodiscard]] std::optional<uint> codeUnit()
    {
        const char *const first = m_at;
        m_at = std::find_if_not(first, first + std::min<qsizetype>(4, m_end - first), isHexDigit);
        return m_at - first == 4 ? std::optional(QByteArrayView(first, 4).toUInt(nullptr, 16)) : std::nullopt;
    }

    const char *m_begin;
    const char *m_at;
    const char *m_end;
};

}

std::optional<QString> strictnessError(QByteArrayView text)
{
    return Checker(text).check();
}

}
