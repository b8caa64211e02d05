// SPDX-License-Identifier: MIT
#ifndef DEMO_CONNECT_H
#define DEMO_CONNECT_H

#include <QtPrefork/Address>
#include <QtPrefork/Client>
#include <QtPrefork/Error>

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>

#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

namespace Demo {

/// The exit codes of a demo client.
enum ClientExit {
    Success = 0,
    WorkerFailed = 1, ///< the worker's method has failed
    BadUsage = 2, ///< the command line is wrong
    NoAnswer = 3, ///< a fatal error: time-out, worker lost, no server, …
};

/// This is the command line of a demo client: the address of the server, the time-out, and the client's own arguments.
class ClientCommandLine
{
public:
    explicit ClientCommandLine(const QString &description)
    {
        m_parser.setApplicationDescription(description);
        m_parser.addOption({QStringLiteral("connect"),
                            QStringLiteral("Where the server listens: unix:/path/to.socket or tcp://host:port."),
                            QStringLiteral("ADDRESS")});
        m_parser.addOption({QStringLiteral("timeout"),
                            QStringLiteral("The longest that one call may take; 0 = any time."),
                            QStringLiteral("SECONDS"), QStringLiteral("30")});
        m_parser.addOption({{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Shows this help.")});
    }
    void addArgument(const QString &name, const QString &description)
    {
        m_parser.addPositionalArgument(name, description);
        m_argumentNames.append(name);
    }

    /// Parses the command line and prints what is to be said about it. Returns nothing if the program can go on,
    /// otherwise its exit code.
    [[nodiscard]] std::optional<int> parse()
    {
        const bool isParsed = m_parser.parse(QCoreApplication::arguments());
        if (m_parser.isSet(QStringLiteral("help"))) {
            std::fputs(qPrintable(m_parser.helpText()), stdout);
            return Success;
        }
        if (!isParsed)
            return reject(m_parser.errorText());
        if (arguments().size() < m_argumentNames.size())
            return reject(QStringLiteral("%1 is missing").arg(m_argumentNames.at(arguments().size())));
        if (arguments().size() > m_argumentNames.size())
            return reject(QStringLiteral("unexpected argument '%1'").arg(arguments().at(m_argumentNames.size())));
        if (!m_parser.isSet(QStringLiteral("connect")))
            return reject(QStringLiteral(
                "say where the server listens: --connect unix:/path/to.socket or --connect tcp://host:port"));
        m_address = m_parser.value(QStringLiteral("connect"));
        if (!m_address.isValid())
            return reject(m_address.errorString());
        bool isNumber = false;
        const QString timeout = m_parser.value(QStringLiteral("timeout"));
        const double seconds = timeout.toDouble(&isNumber);
        if (!isNumber || !(seconds >= 0 && seconds <= 1e6))
            return reject(QStringLiteral("--timeout takes a number of seconds, not '%1'").arg(timeout));
        m_timeout = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
        return std::nullopt;
    }
    [[nodiscard]] QStringList arguments() const { return m_parser.positionalArguments(); }
    [[nodiscard]] Prefork::Address address() const { return m_address; }
    /// One worker is enough, and a user at a terminal wants to hear at once that there is no server.
    [[nodiscard]] Prefork::ClientOptions clientOptions() const
    {
        return {.name = QCoreApplication::applicationName().toUtf8(),
                .minWorkers = 1,
                .timeout = m_timeout,
                .waitForServer = false};
    }

private:
    [[nodiscard]] static int reject(const QString &problem)
    {
        std::fprintf(stderr, "%s: %s\n", qPrintable(QCoreApplication::applicationName()), qPrintable(problem));
        return BadUsage;
    }

    QCommandLineParser m_parser;
    QStringList m_argumentNames;
    Prefork::Address m_address;
    std::chrono::milliseconds m_timeout = {};
};

/// Prints an error with its trace and ends the program: the catcher of the outermost frame.
inline void failWith(const Prefork::Error &error)
{
    const QString detail = error.detail().isEmpty() ? QString() : QStringLiteral(" (%1)").arg(error.detail());
    const QString message = error.message().trimmed(); // the text of a Perl worker may end with a newline
    QString trace = error.backTrace(); // begins with the message
    if (trace.startsWith(message))
        trace.remove(0, message.size() + 1);
    std::fprintf(stderr, "%s: %s%s\n%s", qPrintable(QCoreApplication::applicationName()), qPrintable(message),
                 qPrintable(detail), qPrintable(trace));
    QCoreApplication::exit(error.isFatal() ? NoAnswer : WorkerFailed);
}

/// Runs the event loop, and @p work as the first thing in it; @p work, or what it calls, ends the program.
template <class Work>
[[nodiscard]] int run(Work work)
{
    QTimer::singleShot(0, QCoreApplication::instance(), std::move(work));
    return QCoreApplication::exec();
}

}

#endif
