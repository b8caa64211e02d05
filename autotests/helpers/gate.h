// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_GATE_H
#define AUTOTESTS_GATE_H

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Test {

/// Where a worker waits until the test lets it go on, so that neither has to guess how long the other takes. A worker
/// that waits in front of a gate that is never opened ends with its connection.
class Gate
{
    Q_DISABLE_COPY_MOVE(Gate)

public:
    Gate() { ::mkfifo(QFile::encodeName(path()).constData(), 0600); }
    ~Gate()
    {
        open();
        ::close(m_descriptor);
    }

    /// What pass() wants, as the argument of a call.
    [[nodiscard]] QString path() const { return m_directory.filePath(QStringLiteral("gate")); }
    /// Whether a worker has come to the gate.
    [[nodiscard]] bool isReached() const { return QFile::exists(path() + reachedSuffix()); }
    void open()
    {
        if (m_descriptor < 0)
            m_descriptor = ::open(QFile::encodeName(path()).constData(), O_RDWR | O_CLOEXEC);
    }

    /// For the worker: returns once the gate is open.
    static void pass(const QString &path)
    {
        QFile reached(path + reachedSuffix());
        if (reached.open(QIODevice::WriteOnly))
            reached.close();
        const int descriptor = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC);
        if (descriptor >= 0)
            ::close(descriptor);
    }

private:
    static QString reachedSuffix() { return QStringLiteral(".reached"); }

    QTemporaryDir m_directory;
    int m_descriptor = -1;
};

}

#endif
