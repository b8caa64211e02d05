// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/signature.h>

#include "wire/oneline_p.h"

namespace Prefork::detail {

namespace {

/// Reads what appendWireType() has written, and what a peer says it has. A type is given up by isBroken.
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
    // Types up to the character end, which is left there. Those of parameters have commas between, as others may.
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
    // Everything up to one of the characters, which is left there.
    [[nodiscard]] QString name(const char *ends)
    {
        qsizetype length = 0;
        while (length < m_rest.size() && !QByteArrayView(ends).contains(m_rest[length]))
            ++length;
        const QByteArrayView bytes = m_rest.first(length);
        m_rest = m_rest.sliced(length);
        return QString::fromUtf8(bytes);
    }
    // The name of a C++ type, which has brackets of its own.
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

// FNV-1a, as docs/protocol.md says.
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
