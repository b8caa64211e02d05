// SPDX-License-Identifier: MIT
#include "reasons.h"

#include <QtCore/QRegularExpression>

namespace Demo {

namespace {

QString capitalised(QString text)
{
    if (!text.isEmpty())
        text[0] = text[0].toUpper();
    return text;
}

}

QString reasonFor(const Prefork::Error &error)
{
    switch (error.code()) {
    case Prefork::Error::Timeout:
        return QStringLiteral("Took too long, so its worker was ended");
    case Prefork::Error::WorkerLost:
        return capitalised(error.detail().isEmpty() ? QStringLiteral("Its worker died") : error.detail());
    default:
        return capitalised(error.printableMessage());
    }
}

QString deathInFewWords(const QString &reason)
{
    static const QRegularExpression around(QStringLiteral("^(the worker (was )?|given up: )| \\(.*\\)$"));
    return QString(reason).remove(around);
}

QString deathInOneWord(const QString &reason)
{
    static const QRegularExpression signal(QStringLiteral("\\bSIG[A-Z0-9]+\\b"));
    if (const QRegularExpressionMatch match = signal.match(reason); match.hasMatch())
        return match.captured();
    if (reason.contains(u"timed out"))
        return QStringLiteral("time-out");
    return deathInFewWords(reason);
}

}
