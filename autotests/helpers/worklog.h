// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_WORKLOG_H
#define AUTOTESTS_WORKLOG_H

#include "helpers/gate.h"

#include <QtPrefork/Interface>

#include <QtCore/QStringList>

namespace Test {

/// What workers have really done, whatever their clients have heard of it: a file to which they append. Its path goes
/// along as the argument of calls.
class WorkLog
{
    Q_DISABLE_COPY_MOVE(WorkLog)

public:
    WorkLog() = default;

    [[nodiscard]] QString path() const { return m_directory.filePath(QStringLiteral("work")); }
    [[nodiscard]] QStringList entries() const
    {
        QFile file(path());
        if (!file.open(QIODevice::ReadOnly))
            return {};
        return QString::fromUtf8(file.readAll()).split(u'\n', Qt::SkipEmptyParts);
    }

    /// For the worker.
    static void append(const QString &path, const QString &entry)
    {
        const QByteArray line = entry.toUtf8() + '\n'; // in one piece, so that those of several workers do not mix
        const int file = ::open(QFile::encodeName(path).constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        [[maybe_unused]] const ssize_t written = ::write(file, line.constData(), std::size_t(line.size()));
        ::close(file);
    }

private:
    QTemporaryDir m_directory;
};

/// Methods that leave a trace: note(log, entry), noteAndFail(log, entry), and notePassing(log, entry, gate), which
/// notes first. Their result is the worker's pid.
inline void addNoting(Prefork::Interface &interface)
{
    using Arguments = const QVariantList &;
    const auto note = [](Arguments arguments) {
        WorkLog::append(arguments.value(0).toString(), arguments.value(1).toString());
        return QVariant(qint64(::getpid()));
    };
    interface.add("note", note);
    interface.add("noteAndFail", [note](Arguments arguments) -> QVariant {
        note(arguments);
        throw Prefork::Error(QStringLiteral("no luck"));
    });
    interface.add("notePassing", [note](Arguments arguments) {
        const QVariant pid = note(arguments);
        Gate::pass(arguments.value(2).toString());
        return pid;
    });
}

}

#endif
