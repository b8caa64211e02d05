// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_ZYGOTELOG_H
#define AUTOTESTS_ZYGOTELOG_H

#include <QtCore/QFile>
#include <QtCore/QLoggingCategory>
#include <QtCore/QTemporaryDir>

#include <fcntl.h>
#include <unistd.h>

namespace Test {

/// What zygotes say, down to the debug messages, in a file that the test reads. To be made before them.
class ZygoteLog
{
    Q_DISABLE_COPY_MOVE(ZygoteLog)

public:
    ZygoteLog() { s_path = QFile::encodeName(m_directory.filePath(QStringLiteral("log"))); }

    /// To be called by preload.
    static void begin()
    {
        QLoggingCategory::setFilterRules(QStringLiteral("prefork.zygote*=true"));
        qInstallMessageHandler(append);
    }
    /// The lines in which @p part occurs; each begins with its severity: W, I or D.
    [[nodiscard]] static QStringList linesWith(const QString &part)
    {
        QFile file(QFile::decodeName(s_path));
        if (!file.open(QIODevice::ReadOnly))
            return {};
        return QString::fromUtf8(file.readAll()).split(u'\n').filter(part);
    }
    /// Those about a worker, which names it with its pid in parentheses.
    [[nodiscard]] static QStringList about(qint64 pid) { return linesWith(QStringLiteral("(%1)").arg(pid)); }

private:
    static void append(QtMsgType type, const QMessageLogContext &, const QString &message)
    {
        const char severity = type == QtDebugMsg ? 'D' : type == QtInfoMsg ? 'I' : 'W';
        const QByteArray line = severity + (' ' + message.toUtf8() + '\n');
        const int file = ::open(s_path.constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        [[maybe_unused]] const ssize_t written = ::write(file, line.constData(), std::size_t(line.size()));
        ::close(file);
    }

    static inline QByteArray s_path;
    QTemporaryDir m_directory;
};

}

#endif
