// SPDX-License-Identifier: MIT
#include "report.h"

#include <QtCore/QMetaEnum>

#include <numeric>

namespace Storm {

namespace {

QString line(const QString &name, const QString &value)
{
    return QStringLiteral("%1 %2\n").arg(name, -26).arg(value, 12);
}

QString line(const QString &name, qint64 value)
{
    return line(name, QString::number(value));
}

// Rounded down: what is shown as 100 is all of them.
QString share(quint64 part, quint64 all)
{
    if (part == all)
        return QStringLiteral("100");
    return QString::number(double(part * 100'000 / all) / 1000, 'f', 3);
}

QString lines(const QString &prefix, const QMap<QString, quint64> &numbers)
{
    QString text;
    for (auto number = numbers.begin(); number != numbers.end(); ++number)
        text += line(prefix + number.key(), qint64(number.value()));
    return text;
}

}

int Report::exitCode() const
{
    return audit.isFine() && zombies == 0 && descriptorGrowth <= 0 && accidents.isEmpty() ? 0 : 1;
}

QString Report::seedLine(quint64 seed)
{
    return line(QStringLiteral("seed"), QString::number(seed));
}

QString Report::text() const
{
    QString text = line(QStringLiteral("kills"), qint64(kills)) + lines(QStringLiteral("  by "), killsBy);
    text += line(QStringLiteral("pauses"), qint64(pauses));
    const quint64 restarts = std::accumulate(restartsBy.begin(), restartsBy.end(), quint64(0));
    text += line(QStringLiteral("restarts"), qint64(restarts)) + lines(QStringLiteral("  "), restartsBy);
    text += line(QStringLiteral("requests"), qint64(audit.requests));
    text += line(QStringLiteral("settled-once %"), share(audit.settledOnce, audit.requests));
    text += line(QStringLiteral("executed-at-most-once %"), share(audit.executedAtMostOnce, audit.requests));
    text += line(QStringLiteral("payload-match %"), share(audit.answered - audit.mismatched, audit.answered));
    text += line(QStringLiteral("lost"), qint64(audit.lost));
    text += line(QStringLiteral("duplicated"), qint64(audit.duplicated));
    text += line(QStringLiteral("unsettled"), qint64(audit.unsettled));
    text += line(QStringLiteral("results"), qint64(audit.answered));
    text += line(QStringLiteral("canceled"), qint64(audit.canceled));
    const auto codes = QMetaEnum::fromType<Prefork::Error::Code>();
    for (auto error = audit.errors.begin(); error != audit.errors.end(); ++error)
        text += line(QString::fromLatin1(codes.valueToKey(error.key())), qint64(error.value()));
    text += line(QStringLiteral("run time-outs"), qint64(runTimeouts));
    text += line(QStringLiteral("cancels"), qint64(audit.canceledByHandle + audit.canceledByFuture + lateCancels));
    text += line(QStringLiteral("  by handle"), qint64(audit.canceledByHandle));
    text += line(QStringLiteral("  by future"), qint64(audit.canceledByFuture));
    text += line(QStringLiteral("  too late"), qint64(lateCancels));
    text += line(QStringLiteral("canceled unsent"), qint64(audit.canceledUnsent));
    text += line(QStringLiteral("canceled and begun"), qint64(audit.canceledAndBegun));
    text += line(QStringLiteral("disobeyed"), qint64(audit.disobeyed));
    text += line(QStringLiteral("events"), qint64(events));
    text += line(QStringLiteral("progress"), qint64(progress));
    text += line(QStringLiteral("disordered"), qint64(audit.disordered));
    text += line(QStringLiteral("zombies"), zombies);
    text += line(QStringLiteral("fd growth"), descriptorGrowth);
    text += line(QStringLiteral("RSS growth of clients kB"), clientMemoryGrowth);
    text += line(QStringLiteral("RSS growth of server kB"), serverMemoryGrowth);
    text += line(QStringLiteral("duration s"), QString::number(seconds, 'f', 1));
    for (const QString &accident : accidents)
        text += QStringLiteral("WRONG: %1\n").arg(accident);
    return text;
}

}
