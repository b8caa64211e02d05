// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/signature.h>

#include "wire/oneline_p.h"

#include <algorithm>
#include <array>
#include <utility>

namespace Prefork::detail {

namespace {

/// Turns the text of a signature or of types, as appendWireType() has written it or a peer has sent it, into C++ words
/// for an error message. Any bytes may come: if the text makes no sense, the words are empty.
class WordReader
{
public:
    WordReader(QByteArrayView text, Wording wording)
        : m_rest(text)
        , m_wording(wording)
    {
    }
    [[nodiscard]] QString signature()
    {
        const QString result = type();
        if (!take('('))
            return {};
        const QString parameters = list(')');
        return take(')') && m_rest.isEmpty() ? result + u'(' + parameters + u')' : QString();
    }
    [[nodiscard]] QString types()
    {
        const QString words = list('\0');
        return m_rest.isEmpty() ? words : QString();
    }

private:
    [[nodiscard]] bool take(char c)
    {
        if (m_isBroken || m_rest.isEmpty() || m_rest.front() != c)
            return false;
        m_rest = m_rest.sliced(1);
        return true;
    }
    [[nodiscard]] QString fail()
    {
        m_isBroken = true;
        return {};
    }
    // Reads types up to the character @p end, which is not consumed. Types of events' values may have commas between
    // them.
    [[nodiscard]] QString list(char end)
    {
        QStringList words;
        while (!m_isBroken && !m_rest.isEmpty() && m_rest.front() != end) {
            if (!words.isEmpty())
                static_cast<void>(take(','));
            words.append(type());
        }
        return words.join(QStringLiteral(", "));
    }
    // Reads everything up to one of the characters @p ends, which is not consumed.
    [[nodiscard]] QString name(const char *ends)
    {
        qsizetype length = 0;
        while (length < m_rest.size() && !QByteArrayView(ends).contains(m_rest[length]))
            ++length;
        const QByteArrayView bytes = m_rest.first(length);
        m_rest = m_rest.sliced(length);
        return QString::fromUtf8(bytes);
    }
    // Reads the name of a C++ type, which may contain brackets, and the bracket behind it.
    [[nodiscard]] QString typeName()
    {
        qsizetype depth = 1;
        qsizetype length = 0;
        for (; length < m_rest.size(); ++length) {
            depth += m_rest[length] == '<' ? 1 : m_rest[length] == '>' ? -1 : 0;
            if (depth == 0)
                break;
        }
        const QString text = QString::fromUtf8(m_rest.first(length));
        m_rest = m_rest.sliced(length);
        return take('>') ? text : fail();
    }
    [[nodiscard]] QString inBrackets(const QString &format) { return take('<') ? closed(format) : fail(); }
    // Does the same behind the opening bracket.
    [[nodiscard]] QString closed(const QString &format)
    {
        const QString inner = type();
        return take('>') ? format.arg(inner) : fail();
    }
    // Reads what std::tuple and std::pair have in brackets.
    [[nodiscard]] QString tuple()
    {
        if (!take('<'))
            return fail();
        QStringList items;
        while (!m_isBroken && !m_rest.isEmpty() && m_rest.front() != '>' && (items.isEmpty() || take(';')))
            items.append(type());
        const auto format = items.size() == 2 ? QStringLiteral("std::pair<%1>") : QStringLiteral("std::tuple<%1>");
        return take('>') ? format.arg(items.join(QStringLiteral(", "))) : fail();
    }
    [[nodiscard]] QString array()
    {
        const QString count = name("<");
        return inBrackets(QStringLiteral("std::array<%1, ") + count + u'>');
    }
    [[nodiscard]] QString duration()
    {
        static constexpr std::array<std::pair<QLatin1StringView, QLatin1StringView>, 7> Units{{
            {QLatin1StringView("1/1000000000"), QLatin1StringView("nanoseconds")},
            {QLatin1StringView("1/1000000"), QLatin1StringView("microseconds")},
            {QLatin1StringView("1/1000"), QLatin1StringView("milliseconds")},
            {QLatin1StringView("1/1"), QLatin1StringView("seconds")},
            {QLatin1StringView("60/1"), QLatin1StringView("minutes")},
            {QLatin1StringView("3600/1"), QLatin1StringView("hours")},
            {QLatin1StringView("86400/1"), QLatin1StringView("days")},
        }};
        if (!take('<'))
            return fail();
        const QString number = type();
        if (!take(';'))
            return fail();
        const QString unit = name(">");
        if (!take('>'))
            return fail();
        const auto *const known
            = std::find_if(Units.begin(), Units.end(), [&](auto &each) { return each.first == unit; });
        if (number == u"int" && known != Units.end())
            return QStringLiteral("std::chrono::") + known->second;
        return QStringLiteral("std::chrono::duration<%1, std::ratio<%2>>")
            .arg(number, QString(unit).replace(QStringLiteral("/"), QStringLiteral(", ")));
    }
    [[nodiscard]] QString structure()
    {
        const QString className = name(";}");
        QStringList fields;
        while (take(';')) {
            const QString field = name(":;}");
            if (!take(':'))
                return fail();
            fields.append(field + QStringLiteral(": ") + type());
        }
        if (!take('}'))
            return fail();
        if (m_wording == Wording::Names || fields.isEmpty())
            return className;
        return className + u'{' + fields.join(QStringLiteral(", ")) + u'}';
    }
    [[nodiscard]] QString type()
    {
        constexpr int MaxDepth = 64;
        if (m_isBroken || m_rest.isEmpty() || m_depth == MaxDepth)
            return fail();
        const char letter = m_rest.front();
        m_rest = m_rest.sliced(1);
        ++m_depth;
        const QString words = type(letter);
        --m_depth;
        return words;
    }
    // Does the inverse of appendWireType().
    [[nodiscard]] QString type(char letter)
    {
        switch (letter) {
        case 'b':
            return QStringLiteral("bool");
        case 'i':
            return QStringLiteral("int");
        case 'd':
            return QStringLiteral("double");
        case 's':
            return QStringLiteral("QString");
        case 'y':
            return QStringLiteral("QByteArray");
        case 't':
            return QStringLiteral("QDateTime");
        case 'u':
            return QStringLiteral("QUrl");
        case 'g':
            return QStringLiteral("QUuid");
        case 'v':
            return QStringLiteral("QVariant");
        case 'n':
            return QStringLiteral("void");
        case 'l':
            return inBrackets(QStringLiteral("QList<%1>"));
        case 'e':
            return inBrackets(QStringLiteral("QSet<%1>"));
        case 'm':
            if (m_rest.startsWith("<i:")) {
                m_rest = m_rest.sliced(3);
                return closed(QStringLiteral("QMap<int, %1>"));
            }
            return inBrackets(QStringLiteral("QMap<QString, %1>"));
        case 'o':
        case 'O':
            return inBrackets(QStringLiteral("std::optional<%1>"));
        case 'p':
            return tuple();
        case 'a':
            return array();
        case 'c':
            return duration();
        case 'h':
            return QStringLiteral("QChar");
        case 'Q':
        case 'R':
            return take('<') ? typeName() : fail();
        case '{':
            return structure();
        default:
            return fail();
        }
    }

    QByteArrayView m_rest;
    const Wording m_wording;
    int m_depth = 0;
    bool m_isBroken = false;
};

QString orItself(const QString &words, QByteArrayView text)
{
    return Wire::onOneLine(words.isEmpty() ? QString::fromUtf8(text) : words);
}

}

// The hash is FNV-1a, as docs/protocol.md says.
Signature::Signature(const QByteArray &itsText)
    : text(itsText)
    , hash(0xcbf29ce484222325)
{
    for (const char c : itsText)
        hash = (hash ^ uchar(c)) * 0x100000001b3;
}

QString signatureInWords(QByteArrayView text, Wording wording)
{
    return orItself(WordReader(text, wording).signature(), text);
}

QString typesInWords(QByteArrayView types, Wording wording)
{
    return orItself(WordReader(types, wording).types(), types);
}

}
