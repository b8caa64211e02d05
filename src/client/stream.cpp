// SPDX-License-Identifier: MIT
#include "client/stream_p.h"

namespace Prefork {

Stream::Stream(Posix::Fd socket)
    : m_socket(std::move(socket))
    , m_readNotifier(m_socket.get(), QSocketNotifier::Read)
    , m_writeNotifier(m_socket.get(), QSocketNotifier::Write)
{
    Posix::setNonBlocking(m_socket.get(), true);
    m_writeNotifier.setEnabled(false);
    connect(&m_readNotifier, &QSocketNotifier::activated, this, &Stream::readyRead);
    connect(&m_writeNotifier, &QSocketNotifier::activated, this, &Stream::flush);
}

Posix::Transfer Stream::read(std::span<char> into)
{
    return Posix::readSome(m_socket.get(), into);
}

void Stream::write(QByteArrayView bytes)
{
    m_given += quint64(bytes.size());
    m_unsent.append(bytes);
    if (!m_writeNotifier.isEnabled())
        flush();
}

// A peer that is gone shows at the reading side, which may still have something to say.
void Stream::flush()
{
    qsizetype sent = 0;
    Posix::Transfer transfer;
    while (sent < m_unsent.size()) {
        transfer = Posix::writeSome(m_socket.get(), QByteArrayView(m_unsent).sliced(sent));
        if (transfer.status != Posix::Transfer::Done)
            break;
        sent += transfer.bytes;
    }
    m_unsent.remove(0, sent);
    m_writeNotifier.setEnabled(!m_unsent.isEmpty() && transfer.status != Posix::Transfer::Closed);
}

void Stream::close()
{
    m_readNotifier.setEnabled(false);
    m_writeNotifier.setEnabled(false);
    m_socket.reset();
}

}
