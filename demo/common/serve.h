// SPDX-License-Identifier: MIT
#ifndef DEMO_SERVE_H
#define DEMO_SERVE_H

#include <QtPrefork/Server>
#include <QtPrefork/ShutdownSignals>
#include <QtPrefork/Zygote>

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>

#include <chrono>
#include <cstdio>
#include <memory>
#include <vector>

namespace Demo {

/// The exit code if the command line is wrong, or the server cannot listen.
inline constexpr int UsageError = 2;

/// This is the command line of a demo server. The zygote has to be made before QCoreApplication, but its options may be
/// on the command line. So this class reads argv directly, and prints --help and errors later, when there is an
/// application.
class ServerCommandLine
{
public:
    ServerCommandLine(int argc, char *argv[], const QString &description)
    {
        for (int i = 0; i < argc; ++i)
            m_arguments.append(QString::fromLocal8Bit(argv[i]));
        m_parser.setApplicationDescription(description);
        m_parser.addOption(
            {QStringLiteral("listen"),
             QStringLiteral(
                 "Where to listen: unix:/path/to.socket or tcp://host:port. Not needed when systemd passes a socket."),
             QStringLiteral("ADDRESS")});
        m_parser.addOption(
            {QStringLiteral("replace"),
             QStringLiteral("Take the path over from a live server, which finishes what it has begun.")});
        m_parser.addOption({QStringLiteral("max-workers"),
                            QStringLiteral("The most workers at a time; 0 = as many as there can be."),
                            QStringLiteral("N"), QStringLiteral("0")});
        m_parser.addOption({QStringLiteral("shutdown-timeout"),
                            QStringLiteral("How long a shutdown lets checkouts finish."), QStringLiteral("SECONDS"),
                            QStringLiteral("5")});
        m_parser.addOption({QStringLiteral("drain-timeout"),
                            QStringLiteral("How long JSON clients may keep idle connections after that."),
                            QStringLiteral("SECONDS"), QStringLiteral("300")});
        m_parser.addOption({{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Shows this help.")});
    }
    void addOption(const QCommandLineOption &option) { m_parser.addOption(option); }
    void parse() { m_isParsed = m_parser.parse(m_arguments); }
    [[nodiscard]] QString value(const QString &option) const { return m_parser.value(option); }
    [[nodiscard]] bool isSet(const QString &option) const { return m_parser.isSet(option); }
    /// Makes serve() fail because of the value of an option. Call parse() first.
    void reject(const QString &problem) { m_problem = problem; }

    /// Does the rest of main(): listens, says so, and runs until SIGINT or SIGTERM.
    [[nodiscard]] int serve(Prefork::Zygote *zygote) const
    {
        if (m_parser.isSet(QStringLiteral("help"))) {
            std::fputs(qPrintable(m_parser.helpText()), stdout);
            return 0;
        }
        if (!m_isParsed)
            return fail(m_parser.errorText());
        if (!m_problem.isEmpty())
            return fail(m_problem);
        if (!m_parser.positionalArguments().isEmpty())
            return fail(QStringLiteral("unexpected argument '%1'").arg(m_parser.positionalArguments().first()));
        const bool isActivated = !m_parser.isSet(QStringLiteral("listen")) && Prefork::Server::isActivated();
        if (!m_parser.isSet(QStringLiteral("listen")) && !isActivated)
            return fail(
                QStringLiteral("say where to listen: --listen unix:/path/to.socket or --listen tcp://host:port"));

        bool isNumber = false;
        Prefork::ServerOptions options;
        options.replace = isSet(QStringLiteral("replace"));
        options.maxWorkers = value(QStringLiteral("max-workers")).toInt(&isNumber);
        if (!isNumber || options.maxWorkers < 0)
            return fail(
                QStringLiteral("--max-workers takes a number, not '%1'").arg(value(QStringLiteral("max-workers"))));
        using Time = std::chrono::milliseconds Prefork::ServerOptions::*;
        const auto times
            = {std::pair(QStringLiteral("shutdown-timeout"), Time(&Prefork::ServerOptions::shutdownTimeout)),
               std::pair(QStringLiteral("drain-timeout"), Time(&Prefork::ServerOptions::drainTimeout))};
        for (const auto &[option, time] : times) {
            const double patience = value(option).toDouble(&isNumber);
            if (!isNumber || !(patience >= 0 && patience <= 1e6))
                return fail(QStringLiteral("--%1 takes a number of seconds, not '%2'").arg(option, value(option)));
            options.*time = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(patience));
        }

        Prefork::ShutdownSignals signalWatch;
        std::vector<std::unique_ptr<Prefork::Server>> servers; // one for each socket that was passed
        do {
            Prefork::Server &server = *servers.emplace_back(std::make_unique<Prefork::Server>(zygote, options));
            if (!(isActivated ? server.listenActivated() : server.listen(m_parser.value(QStringLiteral("listen")))))
                return fail(server.errorString());
            std::printf("listening on %s\n", qPrintable(server.address().toString()));
        } while (isActivated && Prefork::Server::isActivated());
        std::fflush(stdout);
        return QCoreApplication::exec();
    }

private:
    [[nodiscard]] int fail(const QString &problem) const
    {
        std::fprintf(stderr, "%s: %s\n", qPrintable(QCoreApplication::applicationName()), qPrintable(problem));
        return UsageError;
    }

    QStringList m_arguments;
    QCommandLineParser m_parser;
    bool m_isParsed = false;
    QString m_problem;
};

}

#endif
