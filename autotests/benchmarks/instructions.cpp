// SPDX-License-Identifier: MIT
#include "instructions.h"

#include "meter.h"
#include "runner.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QTemporaryDir>

namespace Bench {

namespace {

// After so many calls the memory of frames is used again, and nothing is done for the first time.
constexpr qint64 FewCalls = 10000;
constexpr qint64 ManyCalls = 20000;

// Returns how many instructions a process has executed, from what callgrind wrote at its end; 0 if that is not known.
double totalOf(const QString &directory, qint64 process)
{
    QFile file(QStringLiteral("%1/%2").arg(directory).arg(process));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    while (!file.atEnd()) {
        const QByteArray line = file.readLine();
        if (line.startsWith("totals: "))
            return line.sliced(8).trimmed().toDouble();
    }
    return 0;
}

QString rounded(double number)
{
    return QString::number(number, 'f', 0);
}

// Returns how many instructions the client or the worker of a row executes for so many calls.
double run(const CountedRow &row, qint64 calls, QString *missing)
{
    const QTemporaryDir directory;
    const QByteArray path = QFile::encodeName(directory.path());
    const QByteArray program = QFile::encodeName(QCoreApplication::applicationFilePath());
    const QList<QByteArray> callgrind{"valgrind", "--tool=callgrind", "--callgrind-out-file=" + path + "/%p",
                                      "--log-file=" + path + "/log"};
    const bool countsWorker = row.process == CountedRow::Worker;
    const QList<QByteArray> client{program, "--count", row.mode, QByteArray::number(calls),
                                   QByteArray::number(row.parameter)};
    const QList<QByteArray> server{program, "--serve", path + "/socket"};
    const QByteArray line = countsWorker ? Runner::runProcess(client + callgrind + server, true)
                                         : Runner::runProcess(client + server, true, callgrind);
    const QList<QByteArray> pids = line.trimmed().split(' ');
    if (pids.size() == 2) {
        if (const double total = totalOf(directory.path(), pids.at(countsWorker ? 1 : 0).toLongLong()); total > 0)
            return total;
    }
    *missing = line.startsWith("error ") ? QString::fromUtf8(line.sliced(6).trimmed())
        : line.isEmpty()                 ? QStringLiteral("callgrind ended without a result: is valgrind installed?")
                                         : QStringLiteral("callgrind has written no total");
    return 0;
}

}

CountedResult countInstructions(const CountedRow &row, int rounds, const std::function<void(int)> &progress)
{
    CountedResult result{.row = &row};
    for (int round = 0; round < rounds; ++round) {
        progress(round);
        const double few = run(row, FewCalls, &result.missing);
        const double many = result.missing.isEmpty() ? run(row, ManyCalls, &result.missing) : 0;
        if (!result.missing.isEmpty())
            break;
        result.rounds.push_back((many - few) / double(ManyCalls - FewCalls));
    }
    return result;
}

double CountedResult::instructions() const
{
    return median(rounds);
}

bool CountedResult::isOverBudget() const
{
    const auto budget = budgetOf(*row);
    return missing.isEmpty() && budget && instructions() > *budget * BudgetTolerance;
}

QString countedHead()
{
    return QStringLiteral("%1 %2 %3 %4")
        .arg(QStringLiteral("row"), -18)
        .arg(QStringLiteral("instructions"), 12)
        .arg(QStringLiteral("budget"), 8)
        .arg(QStringLiteral("goal"), 8);
}

QString countedLine(const CountedResult &result)
{
    const QString name = QString::fromUtf8(result.row->name);
    if (!result.missing.isEmpty())
        return QStringLiteral("%1 not counted: %2").arg(name, -18).arg(result.missing);
    const auto budget = budgetOf(*result.row);
    return QStringLiteral("%1 %2 %3 %4  %5%6")
        .arg(name, -18)
        .arg(rounded(result.instructions()), 12)
        .arg(budget ? rounded(*budget) : QStringLiteral("-"), 8)
        .arg(rounded(result.row->reach), 8)
        .arg(QString::fromUtf8(result.row->what),
             result.isOverBudget() ? QStringLiteral(" (over its budget)") : QString());
}

QByteArray toJson(const std::vector<CountedResult> &results)
{
    QJsonObject all;
    for (const CountedResult &result : results) {
        const bool isThere = result.missing.isEmpty();
        const auto budget = budgetOf(*result.row);
        QJsonArray rounds;
        for (const double round : result.rounds)
            rounds.append(round);
        QJsonObject object{
            {QStringLiteral("what"), QString::fromUtf8(result.row->what)},
            {QStringLiteral("instructions"), isThere ? QJsonValue(result.instructions()) : QJsonValue()},
            {QStringLiteral("budget"), budget ? QJsonValue(*budget) : QJsonValue()},
            {QStringLiteral("today"), result.row->before},
            {QStringLiteral("reach"), result.row->reach},
            {QStringLiteral("rounds"), rounds},
            {QStringLiteral("toolchain"), QString::fromUtf8(toolchain())},
        };
        if (!isThere)
            object.insert(QStringLiteral("missing"), result.missing);
        all.insert(QString::fromUtf8(result.row->name), object);
    }
    return QJsonDocument(all).toJson();
}

}
