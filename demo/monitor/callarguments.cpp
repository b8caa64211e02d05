// SPDX-License-Identifier: MIT
#include "callarguments.h"

#include "tools/jsonargument.h"

namespace {

// Returns where the value ends that begins at @p begin with a quotation mark or a bracket, or -1 if it does not end.
qsizetype endOfValue(const QString &text, qsizetype begin)
{
    int depth = 0;
    bool isInString = false;
    for (qsizetype at = begin; at < text.size(); ++at) {
        const QChar c = text[at];
        if (isInString && c == u'\\')
            ++at;
        else if (c == u'"')
            isInString = !isInString;
        else if (!isInString && (c == u'[' || c == u'{'))
            ++depth;
        else if (!isInString && (c == u']' || c == u'}'))
            --depth;
        if (!isInString && depth <= 0)
            return at + 1;
    }
    return -1;
}

qsizetype endOfWord(const QString &text, qsizetype begin)
{
    qsizetype end = begin;
    while (end < text.size() && !text[end].isSpace())
        ++end;
    return end;
}

bool isMark(QChar c)
{
    return c == u'"' || c == u'[' || c == u'{';
}

}

CallArguments CallArguments::read(const QString &text)
{
    CallArguments arguments;
    for (qsizetype at = 0; at < text.size();) {
        if (text[at].isSpace()) {
            ++at;
            continue;
        }
        const bool isMarked = isMark(text[at]);
        const qsizetype end = isMarked ? endOfValue(text, at) : endOfWord(text, at);
        if (end < 0) {
            arguments.problem = QStringLiteral("This has no end: %1").arg(text.sliced(at));
            return arguments;
        }
        const QString word = text.sliced(at, end - at);
        QString problem;
        const std::optional<QVariant> value = Tools::argumentFromText(word, &problem);
        if (!value)
            arguments.problem = QStringLiteral("The arguments cannot be sent: %1.").arg(problem);
        else if (isMarked && *value == word)
            arguments.problem = QStringLiteral("This is no JSON: %1").arg(word);
        else if (end < text.size() && !text[end].isSpace())
            arguments.problem = QStringLiteral("A blank is missing after this: %1").arg(word);
        if (!arguments.problem.isEmpty())
            return arguments;
        arguments.list.append(*value);
        at = end;
    }
    return arguments;
}
