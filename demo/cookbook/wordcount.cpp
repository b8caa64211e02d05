// SPDX-License-Identifier: MIT
#include "wordcount.h"

#include <QtPrefork/Error>

#include <QtCore/QRegularExpression>

namespace WordCount {

namespace {

QStringList wordsOf(const QString &text)
{
    if (text.isEmpty())
        throw Prefork::Error(QStringLiteral("there is no text"));
    static const QRegularExpression separators(QStringLiteral("\\W+"), QRegularExpression::UseUnicodePropertiesOption);
    return text.toLower().split(separators, Qt::SkipEmptyParts);
}

}

void addTo(Prefork::Interface &interface)
{
    interface.add(words, [](const QString &text) { return int(wordsOf(text).size()); });
    interface.add(frequencies, [](const QString &text) {
        QMap<QString, int> counts;
        for (const QString &word : wordsOf(text))
            ++counts[word];
        return counts;
    });
}

}
