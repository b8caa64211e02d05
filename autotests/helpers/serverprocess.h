// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_SERVERPROCESS_H
#define AUTOTESTS_SERVERPROCESS_H

#include <QtCore/QDeadlineTimer>
#include <QtCore/QProcess>
#include <QtCore/QStringList>

#include <chrono>
#include <csignal>

namespace Test {

/// How long anything may take that takes no time at all: only a failing test ever waits for so long.
inline constexpr std::chrono::milliseconds Patience = std::chrono::seconds(30);

/// How a program ended and what it said.
struct Ended
{
    int exitCode = -1; ///< -1 if it did not start, was killed or had to be
    QString output;
    QString errors;
};

/// Runs a program to its end; one that does not come to an end is killed.
inline Ended runProgram(const QString &program, const QStringList &arguments, const QStringList &environment = {})
{
    QProcess process;
    process.setEnvironment(QProcess::systemEnvironment() + environment);
    process.start(program, arguments, QIODevice::ReadOnly);
    const bool hasEnded = process.waitForFinished(4 * int(Patience.count())); // it may be under valgrind
    if (!hasEnded) {
        process.kill();
        process.waitForFinished(-1);
    }
    const bool isNormal = hasEnded && process.exitStatus() == QProcess::NormalExit;
    return {isNormal ? process.exitCode() : -1, QString::fromLocal8Bit(process.readAllStandardOutput()),
            QString::fromLocal8Bit(process.readAllStandardError())};
}

/// A server program, from the moment it says `listening on ADDRESS` on its standard output. Killed and reaped when this
/// is destroyed.
class ServerProcess
{
    Q_DISABLE_COPY_MOVE(ServerProcess)

public:
    ServerProcess() = default;
    ~ServerProcess() { kill(); }

    /// More variables, NAME=VALUE, for programs that are started from now on.
    void setEnvironment(const QStringList &more) { m_process.setEnvironment(QProcess::systemEnvironment() + more); }
    /// True once the program listens. If it ends before, or says nothing for too long, false: errorString() has the
    /// reason and what it said.
    [[nodiscard]] bool start(const QString &program, const QStringList &arguments)
    {
        kill();
        m_output.clear();
        m_errors.clear();
        m_address.clear();
        m_process.start(program, arguments, QIODevice::ReadOnly);
        const QDeadlineTimer deadline(4 * Patience); // it may be under valgrind
        while (!readAddress()) {
            if (!m_process.waitForReadyRead(int(deadline.remainingTime())) && !readAddress()) {
                m_problem = QStringLiteral("%1 does not listen: %2\n%3%4")
                                .arg(program, m_process.errorString(), m_output, stderrText());
                kill();
                return false;
            }
        }
        return true;
    }
    [[nodiscard]] QString errorString() const { return m_problem; }
    /// Where it listens, in its own words.
    [[nodiscard]] QString address() const { return m_address; }
    [[nodiscard]] qint64 pid() const { return m_process.processId(); }
    [[nodiscard]] bool isRunning() const { return m_process.state() == QProcess::Running; }

    void sendSignal(int signal) const
    {
        if (m_process.processId() > 0)
            ::kill(pid_t(m_process.processId()), signal);
    }
    /// Waits for its end, whatever the cause. The exit code, or -1 if a signal ended it or it did not end in time.
    [[nodiscard]] int waitForEnd()
    {
        if (m_process.state() != QProcess::NotRunning && !m_process.waitForFinished(int(Patience.count())))
            return -1;
        return m_process.exitStatus() == QProcess::NormalExit ? m_process.exitCode() : -1;
    }
    /// SIGTERM, and then waitForEnd().
    [[nodiscard]] int terminate()
    {
        sendSignal(SIGTERM);
        return waitForEnd();
    }
    /// SIGKILL; does nothing once it has ended.
    void kill()
    {
        m_process.kill();
        m_process.waitForFinished(-1);
    }
    /// What it and its workers have said so far.
    [[nodiscard]] QString stdoutText()
    {
        m_output += QString::fromLocal8Bit(m_process.readAllStandardOutput());
        return m_output;
    }
    [[nodiscard]] QString stderrText()
    {
        m_errors += QString::fromLocal8Bit(m_process.readAllStandardError());
        return m_errors;
    }

private:
    [[nodiscard]] bool readAddress()
    {
        const QStringList lines = stdoutText().split(u'\n');
        const QString start = QStringLiteral("listening on ");
        for (const QString &line : lines.first(lines.size() - 1)) { // the last one is not complete
            if (line.startsWith(start))
                m_address = line.sliced(start.size());
        }
        return !m_address.isEmpty();
    }

    QProcess m_process;
    QString m_output;
    QString m_errors;
    QString m_address;
    QString m_problem;
};

}

#endif
