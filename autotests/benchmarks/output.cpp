// SPDX-License-Identifier: MIT
#include "output.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

#include <algorithm>

namespace Bench {

namespace {

QString number(double value)
{
    if (value >= 1000)
        return QString::number(qRound64(value));
    return QString::number(value, 'g', 3);
}

QString goalText(const Goal &goal)
{
    return QStringLiteral("%1 %2 %3")
        .arg(goal.of == Goal::Ratio ? QStringLiteral("ratio") : QStringLiteral("ours"),
             goal.bound == Goal::AtMost ? QStringLiteral("<=") : QStringLiteral(">="), number(goal.value));
}

QString spread(const std::vector<double> &ratios)
{
    const auto [least, most] = std::minmax_element(ratios.begin(), ratios.end());
    return QStringLiteral("%1-%2").arg(number(*least), number(*most));
}

QString line(const QStringList &cells)
{
    return QStringLiteral("%1 %2 %3 %4 %5 %6 %7 %8")
        .arg(cells.value(0), -27)
        .arg(cells.value(1), 10)
        .arg(cells.value(2), 10)
        .arg(cells.value(3), -8)
        .arg(cells.value(4), 8)
        .arg(cells.value(5), 14)
        .arg(cells.value(6), 14)
        .arg(cells.value(7), 6);
}

}

QString tableHead()
{
    return line({QStringLiteral("row"), QStringLiteral("ours"), QStringLiteral("reference"), QStringLiteral("unit"),
                 QStringLiteral("ratio"), QStringLiteral("of rounds"), QStringLiteral("goal"),
                 QStringLiteral("holds")});
}

QString tableLine(const Result &result)
{
    const QString name
        = QString::fromUtf8(result.row->name) + (result.row->isPinned ? QStringLiteral(" *") : QString());
    if (!result.isThere())
        return QStringLiteral("%1 %2").arg(name, -27).arg(result.missing);
    const auto holds = result.holds();
    return line({name, number(result.oursMedian()), number(result.referenceMedian()),
                 QString::fromUtf8(result.row->unit), number(result.ratio()), spread(result.ratios()),
                 result.row->goal ? goalText(*result.row->goal) : QStringLiteral("-"),
                 holds ? *holds ? QStringLiteral("yes") : QStringLiteral("NO") : QStringLiteral("-")});
}

QByteArray toJson(const std::vector<Result> &results)
{
    QJsonObject all;
    for (const Result &result : results) {
        const Row &row = *result.row;
        const bool there = result.isThere();
        QJsonObject object{
            {QStringLiteral("what"), QString::fromUtf8(row.what)},
            {QStringLiteral("against"), QString::fromUtf8(row.against)},
            {QStringLiteral("unit"), QString::fromUtf8(row.unit)},
            {QStringLiteral("ours"), there ? QJsonValue(result.oursMedian()) : QJsonValue()},
            {QStringLiteral("reference"), there ? QJsonValue(result.referenceMedian()) : QJsonValue()},
            {QStringLiteral("ratio"), there ? QJsonValue(result.ratio()) : QJsonValue()},
            {QStringLiteral("rounds"), int(result.ours.size())},
            {QStringLiteral("pinned"), row.isPinned},
        };
        QJsonArray ratios;
        for (const double ratio : result.ratios())
            ratios.append(ratio);
        object.insert(QStringLiteral("ratios"), ratios);
        if (!there)
            object.insert(QStringLiteral("missing"), result.missing);
        if (row.goal) {
            object.insert(QStringLiteral("goal"), row.goal->value);
            object.insert(QStringLiteral("goal_of"),
                          row.goal->of == Goal::Ratio ? QStringLiteral("ratio") : QStringLiteral("ours"));
            object.insert(QStringLiteral("goal_is"),
                          row.goal->bound == Goal::AtMost ? QStringLiteral("at most") : QStringLiteral("at least"));
        }
        if (const auto holds = result.holds())
            object.insert(QStringLiteral("holds"), *holds);
        all.insert(QString::fromUtf8(row.name), object);
    }
    return QJsonDocument(all).toJson();
}

}
