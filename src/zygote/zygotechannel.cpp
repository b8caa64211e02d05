// SPDX-License-Identifier: MIT
#include "zygote/zygotechannel_p.h"

#include <QtCore/QSocketNotifier>
#include <QtCore/QThread>

namespace Prefork {

using namespace ZygoteMessages;

ZygoteChannel::ZygoteChannel(Posix::Fd socket)
    : m_socket(std::move(socket))
{
    Posix::setNonBlocking(m_socket.get(), true);
}

ZygoteChannel::~ZygoteChannel() = default;

quint64 ZygoteChannel::spawn(Posix::Fd connection, const Peer &peer)
{
    Q_ASSERT_X(thread() == QThread::currentThread(), "Prefork", "the users of a zygote belong to the thread that made it");
    const quint64 id = ++m_lastId;
    if (!isOpen())
        return id; // the connection ends here
    attach();
    m_pending.push_back({Spawn::of(id, peer), std::move(connection)});
    flush();
    return id;
}

// The channel is older than the event loop, so its notifiers wait for the first use.
void ZygoteChannel::attach()
{
    if (m_readNotifier || !isOpen())
        return;
    m_readNotifier = new QSocketNotifier(m_socket.get(), QSocketNotifier::Read, this);
    connect(m_readNotifier, &QSocketNotifier::activated, this, &ZygoteChannel::readEvents);
    m_writeNotifier = new QSocketNotifier(m_socket.get(), QSocketNotifier::Write, this);
    m_writeNotifier->setEnabled(false);
    connect(m_writeNotifier, &QSocketNotifier::activated, this, &ZygoteChannel::flush);
}

void ZygoteChannel::flush()
{
    while (isOpen() && !m_pending.empty()) {
        const Pending &next = m_pending.front();
        const Posix::Transfer transfer = Posix::sendMessage(m_socket.get(), bytesOf(next.request), next.connection.get());
        if (transfer.status == Posix::Transfer::WouldBlock)
            break;
        if (transfer.status == Posix::Transfer::Closed) {
            close();
            return;
        }
        const quint64 id = next.request.id;
        m_pending.pop_front();
        if (transfer.status == Posix::Transfer::Failed)
            Q_EMIT
        notSpawned(id, QStringLiteral("could not reach the zygote: %1").arg(Posix::errorText(transfer.error)));
    }
    if (m_writeNotifier)
        m_writeNotifier->setEnabled(!m_pending.empty());
}

void ZygoteChannel::readEvents()
{
    while (isOpen()) {
        Event event;
        const Posix::Transfer transfer = Posix::receiveMessage(m_socket.get(), spaceOf(&event));
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            close();
            return;
        }
        handle(event);
    }
}

void ZygoteChannel::handle(const Event &event)
{
    switch (event.kind) {
    case Event::Spawned:
        Q_EMIT
        spawned(event.id, event.pid);
        break;
    case Event::NotSpawned:
        Q_EMIT
        notSpawned(event.id, event.text.get());
        break;
    case Event::Died:
        Q_EMIT
        died(event.id, describeDeath(event));
        break;
    case Event::Ready:
    case Event::Refused:
        break;
    }
}

void ZygoteChannel::close()
{
    if (!isOpen())
        return;
    for (QSocketNotifier *notifier : {m_readNotifier, m_writeNotifier}) {
        if (notifier)
            notifier->setEnabled(false);
    }
    m_pending.clear();
    m_socket.reset();
    Q_EMIT
    closed();
}

}
