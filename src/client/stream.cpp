// SPDX-License-Identifier: MIT
#include "client/stream_p.h"

#include "posix/socket_p.h"

#include <utility>

namespace Prefork::Internal {

Stream::Stream(Posix::Fd socket)
    : m_socket(std::move(socket))
    , m_readNotifier(m_socket.get(), QSocketNotifier::Read)
    , m_writeNotifier(m_socket.get(), QSocketNotifier::Write)
{
    Posix::setNonBlocking(m_socket.get(), true);
    m_writeNotifier.setEnabled(false);
    connect(&m_writeNotifier, &QSocketNotifier::activated, this, &Stream::onWritable);
}

Posix::Transfer Stream::read(std::span<char> into)
{
    return Posix::readSome(m_socket.get(), into);
}

void Stream::append(QByteArrayView bytes)
{
    m_tail.append(bytes);
    appended(bytes.size());
}

void Stream::appendShared(const QByteArray &bytes)
{
    m_given += quint64(bytes.size());
    cutTail();
    m_segments.push_back(bytes);
}

// Makes the tail a segment of its own. Bytes of it that were sent already stay in it until all of it is sent.
void Stream::cutTail()
{
    if (!m_tail.isEmpty())
        m_segments.push_back(std::exchange(m_tail, {}));
}

// A write error of a peer that is gone is ignored: reading will find the end, after what the peer may still have said.
void Stream::flush()
{
    Posix::Transfer transfer;
    while (m_sent < m_given) {
        const QByteArray &next = m_segments.empty() ? m_tail : m_segments.front();
        transfer = Posix::writeSome(m_socket.get(), QByteArrayView(next).sliced(m_firstSent));
        if (transfer.status != Posix::Transfer::Done)
            break;
        m_sent += quint64(transfer.bytes);
        m_firstSent += transfer.bytes;
        if (m_firstSent < next.size())
            continue;
        if (m_segments.empty())
            break;
        m_firstSent = 0;
        m_segments.pop_front();
    }
    tidyUp();
    const bool waits = m_sent < m_given && transfer.status != Posix::Transfer::Closed;
    if (waits != m_writeNotifier.isEnabled())
        m_writeNotifier.setEnabled(waits);
}

void Stream::tidyUp()
{
    if (!m_segments.empty() || m_firstSent < m_tail.size())
        return;
    m_trimmer.empty(&m_tail);
    m_firstSent = 0;
}

void Stream::onWritable()
{
    const quint64 before = m_sent;
    flush();
    if (m_sent > before)
        Q_EMIT drained();
}

void Stream::reattach()
{
    for (QSocketNotifier *const notifier : {&m_readNotifier, &m_writeNotifier}) {
        if (notifier->isEnabled()) {
            notifier->setEnabled(false);
            notifier->setEnabled(true);
        }
    }
}

void Stream::hangUp()
{
    m_writeNotifier.setEnabled(false);
    m_segments.clear();
    m_tail.clear();
    m_given = m_sent;
    Posix::shutDownWriting(m_socket.get());
}

void Stream::close()
{
    m_readNotifier.setEnabled(false);
    m_writeNotifier.setEnabled(false);
    m_socket.reset();
}

}
