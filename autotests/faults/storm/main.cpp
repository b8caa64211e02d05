// SPDX-License-Identifier: MIT
// Kills workers by the thousand, at random, and looks in a ledger whether every request settled exactly once and ran at
// most once.
#include "roles.h"
#include "storm.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>
#include <QtCore/QRandomGenerator>
#include <QtCore/QTemporaryDir>

#include <cstdio>
#include <limits>

using namespace Storm;

namespace {

constexpr int UsageError = 2;

class CommandLine
{
public:
    CommandLine()
    {
        m_parser.setApplicationDescription(QStringLiteral(
            "Clients send requests while workers are killed, stopped, crash and exit, and servers are restarted.\n"
            "A ledger in shared memory shows what became of each request. Ends with 1 if one was lost, doubled,\n"
            "not settled or answered wrongly, or if something else is not as it was before."));
        m_parser.addOptions({m_kills, m_requests, m_seed, m_clients, m_workers, m_help});
    }

    [[nodiscard]] bool parse(const QStringList &arguments)
    {
        if (!m_parser.parse(arguments))
            m_problem = m_parser.errorText();
        else if (!m_parser.positionalArguments().isEmpty())
            m_problem = QStringLiteral("no argument is expected; see --help");
        m_options.kills = number(m_kills, 0, 100'000'000);
        m_options.requests = number(m_requests, 1, 1'000'000'000);
        m_options.seed = m_parser.isSet(m_seed) ? number(m_seed, 0, std::numeric_limits<quint64>::max())
                                                : QRandomGenerator::system()->generate();
        m_options.clients = int(number(m_clients, 1, MostClients));
        m_options.workers = int(m_parser.isSet(m_workers) ? number(m_workers, quint64(m_options.clients), 10'000)
                                                          : quint64(m_options.clients) * 8);
        return m_problem.isEmpty();
    }
    [[nodiscard]] bool wantsHelp() const { return m_parser.isSet(m_help); }
    [[nodiscard]] QString help() const { return m_parser.helpText(); }
    [[nodiscard]] QString problem() const { return m_problem; }
    [[nodiscard]] const Options &options() const { return m_options; }

private:
    quint64 number(const QCommandLineOption &option, quint64 least, quint64 most)
    {
        bool isNumber = false;
        const quint64 value = m_parser.value(option).toULongLong(&isNumber);
        if ((!isNumber || value < least || value > most) && m_problem.isEmpty()) {
            m_problem = QStringLiteral("--%1 takes a number from %2 to %3, not '%4'")
                            .arg(option.names().constFirst())
                            .arg(least)
                            .arg(most)
                            .arg(m_parser.value(option));
        }
        return value;
    }

    static QCommandLineOption option(const QString &name, const QString &description, const QString &byDefault = {})
    {
        return {name, description, QStringLiteral("N"), byDefault};
    }

    QCommandLineParser m_parser;
    const QCommandLineOption m_kills = option(
        QStringLiteral("kills"), QStringLiteral("Kill so many workers; by default 2000."), QStringLiteral("2000"));
    const QCommandLineOption m_requests = option(
        QStringLiteral("requests"),
        QStringLiteral("Send so many requests, or more, if they are done before the kills are; by default 50000."),
        QStringLiteral("50000"));
    const QCommandLineOption m_seed
        = option(QStringLiteral("seed"), QStringLiteral("What all chance comes from; by default another each time."));
    const QCommandLineOption m_clients = option(
        QStringLiteral("clients"), QStringLiteral("So many client processes; by default 8."), QStringLiteral("8"));
    const QCommandLineOption m_workers = option(
        QStringLiteral("workers"), QStringLiteral("The most workers of all clients together; by default 8 for each."));
    const QCommandLineOption m_help{{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Shows this help.")};
    QString m_problem;
    Options m_options;
};

void print(const QString &text)
{
    std::fputs(qPrintable(text), stdout);
    std::fflush(stdout);
}

int blow(const Options &options)
{
    const QTemporaryDir directory;
    if (!directory.isValid()) {
        std::fprintf(stderr, "prefork-storm: no directory for the socket: %s\n", qPrintable(directory.errorString()));
        return 1;
    }
    print(Report::seedLine(options.seed));
    ::Storm::Storm storm(options, directory.filePath(QStringLiteral("socket")).toLocal8Bit());
    const std::optional<Report> report = storm.run();
    if (!report)
        return stopSignal() ? 128 + stopSignal() : 1;
    print(report->text());
    return report->exitCode();
}

}

int main(int argc, char *argv[])
{
    // Each death is worth a warning, elsewhere.
    if (!qEnvironmentVariableIsSet("QT_LOGGING_RULES"))
        qputenv("QT_LOGGING_RULES", "prefork.*.warning=false");
    if (isRole(argc, argv))
        return runRole(argc, argv);
    const QCoreApplication app(argc, argv);
    CommandLine line;
    const bool isRight = line.parse(QCoreApplication::arguments());
    if (line.wantsHelp()) {
        print(line.help());
        return 0;
    }
    if (!isRight) {
        std::fprintf(stderr, "prefork-storm: %s\n", qPrintable(line.problem()));
        return UsageError;
    }
    return blow(line.options());
}
