// SPDX-License-Identifier: MIT
// Measures QtPrefork against what else there is, and against what is possible: see rows.cpp.
#include "counted.h"
#include "instructions.h"
#include "mode.h"
#include "output.h"
#include "runner.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>
#include <QtCore/QSaveFile>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <thread>
#include <unistd.h>

using namespace Bench;

namespace {

struct CommandLine
{
    int rounds = 0;
    bool isQuick = false;
    QString json;
    std::vector<const Row *> rows;
    bool countsInstructions = false;
    std::vector<const CountedRow *> countedRows;
};

[[noreturn]] void reject(const QString &cause)
{
    std::fprintf(stderr, "prefork-bench: %s\n", qPrintable(cause));
    std::exit(2);
}

[[noreturn]] void listRows()
{
    for (const Row &row : rows())
        std::printf("%-27s %s; against: %s%s\n", row.name, row.what, row.against, row.isPinned ? " (pinned)" : "");
    for (const CountedRow &row : countedRows())
        std::printf("%-27s %s (--instructions)\n", row.name, row.what);
    std::exit(0);
}

template <class Rows>
auto rowNamed(const Rows &all, const QString &name)
{
    const auto found
        = std::find_if(all.begin(), all.end(), [&](const auto &row) { return name == QLatin1String(row.name); });
    if (found == all.end())
        reject(QStringLiteral("no row '%1' here; --list shows all").arg(name));
    return &*found;
}

// Returns the rows that have these names, or all rows if no name is given.
template <class Rows>
auto rowsNamed(const Rows &all, const QStringList &names)
{
    std::vector<decltype(&*all.begin())> chosen;
    for (const QString &name : names)
        chosen.push_back(rowNamed(all, name));
    if (names.isEmpty()) {
        for (const auto &row : all)
            chosen.push_back(&row);
    }
    return chosen;
}

CommandLine parse(const QCoreApplication &app)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "Measures QtPrefork against other ways to get work done, and against what bare sockets and processes can do.\n"
        "Each row takes rounds of ours and reference by turns, each in a fresh process; the ratio is the\n"
        "median of the rounds' ratios. Ends with 1 if a row could not be measured.\n"
        "With --instructions it counts by callgrind how many instructions one call costs client and worker, and\n"
        "ends with 1 also if a row costs more than its budget and 6 %."));
    parser.addHelpOption();
    const QCommandLineOption quick(QStringLiteral("quick"),
                                   QStringLiteral("Measure for a shorter time, in 3 rounds: less than a minute."));
    const QCommandLineOption row(QStringLiteral("row"), QStringLiteral("Measure only this row; may be repeated."),
                                 QStringLiteral("NAME"));
    const QCommandLineOption instructions(QStringLiteral("instructions"),
                                          QStringLiteral("Count instructions a call instead of measuring time."));
    const QCommandLineOption rounds(QStringLiteral("rounds"),
                                    QStringLiteral("How many rounds; by default 7, and 3 for instructions."),
                                    QStringLiteral("N"));
    const QCommandLineOption json(QStringLiteral("json"), QStringLiteral("Write the results to FILE, too."),
                                  QStringLiteral("FILE"));
    const QCommandLineOption list(QStringLiteral("list"), QStringLiteral("Show the rows and end."));
    parser.addOptions({quick, row, instructions, rounds, json, list});
    parser.process(app);
    if (parser.isSet(list))
        listRows();
    if (!parser.positionalArguments().isEmpty())
        reject(QStringLiteral("no argument is expected; see --help"));

    CommandLine line{.isQuick = parser.isSet(quick),
                     .json = parser.value(json),
                     .rows = {},
                     .countsInstructions = parser.isSet(instructions),
                     .countedRows = {}};
    line.rounds = line.isQuick || line.countsInstructions ? 3 : 7;
    if (parser.isSet(rounds))
        line.rounds = parser.value(rounds).toInt();
    if (line.rounds < 1 || line.rounds > 1000)
        reject(QStringLiteral("--rounds takes a number from 1 to 1000"));
    if (line.countsInstructions)
        line.countedRows = rowsNamed(countedRows(), parser.values(row));
    else
        line.rows = rowsNamed(rows(), parser.values(row));
    return line;
}

void print(const QString &line)
{
    std::printf("%s\n", qPrintable(line));
    std::fflush(stdout);
}

template <class Results>
bool writeJson(const QString &name, const Results &results)
{
    QSaveFile file(name);
    if (file.open(QIODevice::WriteOnly) && file.write(toJson(results)) >= 0 && file.commit())
        return true;
    std::fprintf(stderr, "prefork-bench: cannot write %s: %s\n", qPrintable(name), qPrintable(file.errorString()));
    return false;
}

// Where somebody watches, they see that something happens.
void showProgress(const char *row, int round)
{
    if (::isatty(STDERR_FILENO))
        std::fprintf(stderr, "%s, round %d ...\x1b[K\r", row, round + 1);
}

void warnOfAssertions()
{
#ifndef NDEBUG
    print(QStringLiteral("Built with assertions: these are not the numbers of a release."));
#endif
}

int count(const CommandLine &line)
{
    qputenv("QT_HASH_SEED", "0"); // each run is to do the same
    const Runner runner(line.rounds, line.isQuick);
    print(QStringLiteral("Instructions a call, median of %1 rounds. %2.")
              .arg(line.rounds)
              .arg(QString::fromUtf8(toolchain())));
    warnOfAssertions();
    print(countedHead());
    std::vector<CountedResult> results;
    bool isGood = true;
    for (const CountedRow *row : line.countedRows) {
        results.push_back(countInstructions(*row, line.rounds, [row](int round) { showProgress(row->name, round); }));
        if (Runner::stoppedBy())
            return 128 + Runner::stoppedBy();
        print(countedLine(results.back()));
        isGood = isGood && results.back().missing.isEmpty() && !results.back().isOverBudget();
    }
    if (!line.json.isEmpty() && !writeJson(line.json, results))
        return 1;
    return isGood ? 0 : 1;
}

int compare(const CommandLine &line)
{
    const Runner runner(line.rounds, line.isQuick);
    print(QStringLiteral("Rounds: %1, of ours and reference by turns%2. Cores: %3; rows with * use core %4 only.")
              .arg(line.rounds)
              .arg(line.isQuick ? QStringLiteral(", quick") : QString())
              .arg(std::thread::hardware_concurrency())
              .arg(Runner::pinnedCore()));
    warnOfAssertions();
    print(tableHead());

    std::vector<Result> results;
    for (const Row *row : line.rows) {
        Result result = runner.run(*row, [row](int round) { showProgress(row->name, round); });
        if (Runner::stoppedBy())
            return 128 + Runner::stoppedBy();
        print(tableLine(result));
        results.push_back(std::move(result));
    }
    if (!line.json.isEmpty() && !writeJson(line.json, results))
        return 1;
    const auto broken
        = [](const Result &result) { return !result.isThere() && result.missing != QStringLiteral("not built"); };
    return std::any_of(results.begin(), results.end(), broken) ? 1 : 0;
}

}

int main(int argc, char *argv[])
{
    if (argc == 5 && !std::strcmp(argv[1], "--mode")) {
        const double seconds = std::atof(argv[3]);
        const qint64 parameter = std::atoll(argv[4]);
        const char *const name = argv[2];
        argc = 1; // an application has no use for the rest
        runMode(name, {.argc = argc, .argv = argv, .seconds = seconds, .parameter = parameter});
    }
    if (argc > 5 && !std::strcmp(argv[1], "--count")) {
        const qint64 calls = std::atoll(argv[3]);
        const qint64 parameter = std::atoll(argv[4]);
        argc = 1;
        runCountedMode(argv[2], {.argc = argc, .argv = argv, .parameter = parameter}, calls, argv + 5);
    }
    if (argc == 3 && !std::strcmp(argv[1], "--serve")) {
        argc = 1;
        return serveCounted(argc, argv, argv[2]);
    }
    QCoreApplication app(argc, argv);
    const CommandLine line = parse(app);
    return line.countsInstructions ? count(line) : compare(line);
}
