// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_STREAM_P_H
#define QTPREFORK_STREAM_P_H

#include "zygote/posix_p.h"

#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>

namespace Prefork {

/// Bytes in, bytes out, closed: all a client sees of the connection to a worker, whatever made it.
class Stream : public QObject
{
    Q_OBJECT

public:
    explicit Stream(Posix::Fd socket);

    /// Reads once, without blocking.
    [[nodiscard]] Posix::Transfer read(std::span<char> into);
    /// Writes what goes now and keeps the rest for when it does.
    void write(QByteArrayView bytes);
    void setReading(bool on) { m_readNotifier.setEnabled(on); }
    /// True when there is input or the other end has hung up; nothing is consumed.
    [[nodiscard]] bool hasInput() const { return Posix::hasInput(m_socket.get()); }
    /// Bytes given to write() so far, and how many of them have left.
    [[nodiscard]] quint64 bytesGiven() const { return m_given; }
    [[nodiscard]] quint64 bytesSent() const { return m_given - quint64(m_unsent.size()); }
    /// Silences and closes the stream at once; it may be deleted later.
    void close();

Q_SIGNALS:
    void readyRead();

private:
    void flush();

    Posix::Fd m_socket;
    QSocketNotifier m_readNotifier;
    QSocketNotifier m_writeNotifier;
    QByteArray m_unsent;
    quint64 m_given = 0;
};

}

#endif
