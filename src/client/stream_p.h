// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_STREAM_P_H
#define QTPREFORK_STREAM_P_H

#include "posix/transfer_p.h"
#include "wire/thrift_p.h"

#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>

#include <deque>

namespace Prefork::Internal {

/// Bytes in, bytes out, closed: all a client sees of the connection to a worker, whatever made it.
class Stream : public QObject
{
    Q_OBJECT

public:
    explicit Stream(Posix::Fd socket);

    /// Reads once, without blocking.
    [[nodiscard]] Posix::Transfer read(std::span<char> into);
    /// Takes bytes to be written by flush(), the large ones without a copy.
    void append(QByteArrayView bytes);
    void appendShared(const QByteArray &bytes);
    /// The same without a copy for small ones: append to the array, then say how much.
    [[nodiscard]] QByteArray *tail() { return &m_tail; }
    void appended(qsizetype count)
    {
        m_given += quint64(count);
        if (m_tail.size() >= LongTail) [[unlikely]]
            cutTail();
    }
    /// Writes what goes now and keeps the rest for when it does.
    void flush();
    /// To be called when there is another event dispatcher than before, which knows nothing of this.
    void reattach();
    /// For who waits without an event dispatcher: what to watch, and whether for room too; then onWritable() is to be
    /// called.
    [[nodiscard]] int descriptor() const { return m_socket.get(); }
    [[nodiscard]] bool waitsToWrite() const { return m_writeNotifier.isEnabled(); }
    void onWritable();
    void setReading(bool on) { m_readNotifier.setEnabled(on); }
    /// True when there is input or the other end has hung up; nothing is consumed.
    [[nodiscard]] bool hasInput() const { return Posix::hasInput(m_socket.get()); }
    /// All that read() would bring.
    [[nodiscard]] QByteArray peek() const { return Posix::peekAll(m_socket.get()); }
    /// Bytes taken so far, how many of them have left, and how many have not.
    [[nodiscard]] quint64 bytesGiven() const { return m_given; }
    [[nodiscard]] quint64 bytesSent() const { return m_sent; }
    [[nodiscard]] qint64 bytesToWrite() const { return qint64(m_given - m_sent); }
    /// Tells the other end that nothing more will come, and drops what has not left; reading goes on.
    void hangUp();
    /// Silences and closes the stream at once; it may be deleted later.
    void close();

    /// Gives back memory that nothing needs any more.
    void tidyUp();

Q_SIGNALS:
    void readyRead();
    /// The socket took bytes it could not take when they were flushed.
    void drained();

private:
    static constexpr qsizetype LongTail = qsizetype(256) * 1024;

    void cutTail();

    Posix::Fd m_socket;
    QSocketNotifier m_readNotifier;
    QSocketNotifier m_writeNotifier;
    QByteArray m_tail; // small messages, copied together; they come after the segments
    std::deque<QByteArray> m_segments;
    qsizetype m_firstSent = 0; // bytes of the first segment, or else of the tail, that have left
    Wire::Thrift m_thrift; // of the tail
    quint64 m_given = 0;
    quint64 m_sent = 0;
};

}

#endif
