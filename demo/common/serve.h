// SPDX-License-Identifier: MIT
#ifndef DEMO_SERVE_H
#define DEMO_SERVE_H

#include <QtPrefork/Server>
#include <QtPrefork/ShutdownSignals>
#include <QtPrefork/Zygote>

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>

#include <cstdio>

namespace Demo {

/// The exit code for anything wrong with the command line or the place to listen at.
inline constexpr int UsageError = 2;

/// The command line of a demo server. A zygote has to exist before QCoreApplication, but what it does may depend on options: so they are
/// read from argv directly, and --help and errors wait until there is an application to speak for.
class ServerCommandLine
{
public:
    ServerCommandLine(int argc, char *argv[], const QString &description)
    {
        for (int i = 0; i < argc; ++i)
            m_arguments.append(QString::fromLocal8Bit(argv[i]));
        m_parser.setApplicationDescription(description);
        m_parser.addOption({QStringLiteral("listen"), QStringLiteral("Where to listen: unix:/path/to.socket or tcp://host:port."),
                            QStringLiteral("ADDRESS")});
        m_parser.addOption({{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Shows this help.")});
    }
    void addOption(const QCommandLineOption &option) { m_parser.addOption(option); }
    void parse() { m_isParsed = m_parser.parse(m_arguments); }
    [[nodiscard]] QString value(const QString &option) const { return m_parser.value(option); }
    [[nodiscard]] bool isSet(const QString &option) const { return m_parser.isSet(option); }
    /// Complains about the value of an option; parse() comes first.
    void reject(const QString &problem) { m_problem = problem; }

    /// The rest of main(): listen, say so, run until SIGINT or SIGTERM.
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
        if (!m_parser.isSet(QStringLiteral("listen")))
            return fail(QStringLiteral("say where to listen: --listen unix:/path/to.socket or --listen tcp://host:port"));

        Prefork::ShutdownSignals signalWatch;
        Prefork::Server server(zygote);
        if (!server.listen(m_parser.value(QStringLiteral("listen"))))
            return fail(server.errorString());
        std::printf("listening on %s\n", qPrintable(server.address().toString()));
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
