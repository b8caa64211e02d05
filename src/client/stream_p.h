// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_STREAM_P_H
#define QTPREFORK_STREAM_P_H

#include "posix/transfer_p.h"
#include "wire/buffertrimmer_p.h"

#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>

#include <deque>

namespace Prefork::Internal {

/// This is a non-blocking byte stream to one worker, with a write buffer. It is all that a client sees of a
/// connection, whichever Transport made it. It knows nothing of messages.
class Stream : public QObject
{
    Q_OBJECT

public:
    explicit Stream(Posix::Fd socket);

    /// Reads once, without blocking.
    [[nodiscard]] Posix::Transfer read(std::span<char> into);
    /// Adds bytes to the write buffer, which flush() writes. appendShared() shares the array instead of copying it.
    void append(QByteArrayView bytes);
    void appendShared(const QByteArray &bytes);
    /// Returns the end of the write buffer, for a caller that encodes straight into it. The caller appends to the array
    /// and then calls appended() with the number of bytes.
    [[nodiscard]] QByteArray *tail() { return &m_tail; }
    void appended(qsizetype count)
    {
        m_given += quint64(count);
        if (m_tail.size() >= LongTail) [[unlikely]]
            cutTail();
    }
    /// Writes as much as the socket takes now. The rest is written when the socket takes more.
    void flush();
    /// Registers the stream with another event dispatcher than before.
    void reattach();
    /// These three are for a caller that waits without an event dispatcher: which descriptor it must watch, and whether
    /// also for room to write. When there is room it calls onWritable().
    [[nodiscard]] int descriptor() const { return m_socket.get(); }
    [[nodiscard]] bool waitsToWrite() const { return m_writeNotifier.isEnabled(); }
    void onWritable();
    /// Its signal activated() says that there may be something to read().
    [[nodiscard]] const QSocketNotifier *readNotifier() const { return &m_readNotifier; }
    void setReading(bool on) { m_readNotifier.setEnabled(on); }
    /// Returns whether there is input, or the other end has hung up. Nothing is consumed.
    [[nodiscard]] bool hasInput() const { return Posix::hasInput(m_socket.get()); }
    /// Returns everything that can be read now, without consuming it.
    [[nodiscard]] QByteArray peek() const { return Posix::peekAll(m_socket.get()); }
    /// These return the count of all bytes that were ever added to the write buffer, how many of them the kernel has
    /// taken, and how many it has not.
    [[nodiscard]] quint64 bytesGiven() const { return m_given; }
    [[nodiscard]] quint64 bytesSent() const { return m_sent; }
    [[nodiscard]] qint64 bytesToWrite() const { return qint64(m_given - m_sent); }
    /// Shuts the writing side and drops what was not written. Reading goes on.
    void hangUp();
    /// Closes the stream; it emits no signal any more. The object may be deleted later.
    void close();

    /// Frees memory of the write buffer if nothing waits to be written.
    void tidyUp();

Q_SIGNALS:
    /// The socket has taken bytes that it could not take when they were flushed.
    void drained();

private:
    static constexpr qsizetype LongTail = qsizetype(256) * 1024;

    void cutTail();

    Posix::Fd m_socket;
    QSocketNotifier m_readNotifier;
    QSocketNotifier m_writeNotifier;
    QByteArray m_tail; // small messages, copied together; they are written after the segments
    std::deque<QByteArray> m_segments;
    qsizetype m_firstSent = 0; // bytes already written of the first segment or, if there is none, of the tail
    Wire::BufferTrimmer m_trimmer; // decides how much memory the empty tail keeps
    quint64 m_given = 0;
    quint64 m_sent = 0;
};

}

#endif
