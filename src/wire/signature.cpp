// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/signature.h>

#include "wire/oneline_p.h"

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
    [[nodiscard]] QString inBrackets(const QString &format)
    {
        if (!take('<'))
            return fail();
        const QString inner = type();
        return take('>') ? format.arg(inner) : fail();
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
    // The inverse of appendWireType().
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
        case 'm':
            return inBrackets(QStringLiteral("QMap<QString, %1>"));
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
