// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/fit.h>

#include <QtPrefork/detail/convert.h>
#include <QtPrefork/error.h>

namespace Prefork::detail {

QString argumentMisfit(const QString &of, std::size_t position, QMetaType expected, const QVariant &got)
{
    return QStringLiteral("%1: argument %2 must fit %3, got %4")
        .arg(of)
        .arg(position + 1)
        .arg(QLatin1StringView(expected.name()), describe(got));
}

void mustFit(const std::optional<QString> &misfit)
{
    if (misfit)
        throw Error(Error::BadArguments, *misfit);
}

QString eventTitle(const char *name)
{
    return QStringLiteral("the event '%1'").arg(QString::fromUtf8(name));
}

}
