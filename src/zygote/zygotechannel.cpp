// SPDX-License-Identifier: MIT
#include "zygote/zygotechannel_p.h"

#include "posix/clock_p.h"
#include "posix/message_p.h"
#include "zygote/logging_p.h"
#include "zygote/zygotereaper_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QSocketNotifier>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <algorithm>
#include <vector>

namespace Prefork::Internal {

using namespace ZygoteMessages;
using Posix::now;

namespace {

// Returns the channels of this process, and copies of those of the processes it was forked from.
std::vector<ZygoteChannel *> &allChannels()
{
    static auto *const channels
        = new std::vector<ZygoteChannel *>; // never deleted, because a global Zygote may be destroyed later
    return *channels;
}

}

ZygoteChannel::ZygoteChannel(Posix::Fd socket, std::shared_ptr<const Posix::ChildProcess> process, quint32 capacity)
    : m_socket(std::move(socket))
    , m_process(std::move(process))
    , m_capacity(capacity)
{
    Posix::setNonBlocking(m_socket.get(), true);
    static const bool isFirst = (qAddPreRoutine(attachAll), true);
    Q_UNUSED(isFirst)
    allChannels().push_back(this);
}

ZygoteChannel::~ZygoteChannel()
{
    std::erase(allChannels(), this);
}

// Runs when the application is made: the death of a zygote must be noticed even without a client or a server.
void ZygoteChannel::attachAll()
{
    reapEndedZygotes();
    for (ZygoteChannel *const channel : allChannels()) {
        if (channel->m_program == Posix::processId() && channel->thread() == QThread::currentThread())
            channel->attach();
    }
}

quint64 ZygoteChannel::spawn(Posix::Fd connection, const Peer &peer, Request request)
{
    const quint64 id = ++m_lastId;
    attach();
    if (!isOpen())
        return id; // the connection is closed here
    if (m_isEnding) {
        refuse(id, endingText());
        return id;
    }
    if (!request.mayWait && !hasRoom()) {
        refuse(id, QStringLiteral("all %1 workers of this zygote are in use").arg(m_capacity));
        return id;
    }
    request.id = id;
    request.setPeer(peer);
    m_pending.push_back({request, std::move(connection)});
    flush();
    return id;
}

// Emits notSpawned() later, because the caller does not know the id yet.
void ZygoteChannel::refuse(quint64 id, const QString &cause)
{
    QMetaObject::invokeMethod(this, [this, id, cause] { Q_EMIT notSpawned(id, cause); }, Qt::QueuedConnection);
}

QString ZygoteChannel::refusal() const
{
    if (!isOpen())
        return QStringLiteral("the zygote is gone: %1").arg(m_whyClosed);
    return m_isEnding ? endingText() : QString();
}

void ZygoteChannel::onEnding()
{
    m_isEnding = true;
    m_isUsable = false;
    for (const Pending &pending : std::exchange(m_pending, {}))
        refuse(pending.request.id, endingText());
    Q_EMIT ending();
}

void ZygoteChannel::order(Request::Kind kind, quint64 id, qint64 staysUntil)
{
    const auto pending
        = std::find_if(m_pending.begin(), m_pending.end(), [id](const Pending &one) { return one.request.id == id; });
    if (pending != m_pending.end()) {
        if (kind == Request::MakeRoom)
            return;
        if (kind == Request::Drain) {
            pending->request.isToLeave = true;
            return;
        }
        m_pending.erase(pending);
        refuse(id, QStringLiteral("the server shuts down"));
        return;
    }
    Request request;
    request.kind = kind;
    request.id = id;
    request.staysUntil = staysUntil;
    m_orders.push_back(request);
    flush();
}

void ZygoteChannel::renewSpares()
{
    if (isOpen())
        order(Request::RenewSpares, 0, 0);
}

// The channel is made before the event loop, so its notifiers are made at the first use.
void ZygoteChannel::attach()
{
    if (thread() != QThread::currentThread())
        qFatal("a zygote was used in a wrong thread: clients and servers on a zygote belong to the thread that made "
               "the zygote");
    QAbstractEventDispatcher *const dispatcher = QAbstractEventDispatcher::instance();
    if (!isOpen() || !dispatcher || m_dispatcher == dispatcher)
        return;
    m_dispatcher = dispatcher;
    for (QSocketNotifier *const notifier : {m_readNotifier, m_writeNotifier, m_endNotifier}) {
        if (notifier && notifier->isEnabled()) {
            notifier->setEnabled(false);
            notifier->setEnabled(true);
        }
    }
    if (m_endTimer)
        m_endTimer->start();
    if (m_readNotifier)
        return;
    m_readNotifier = new QSocketNotifier(m_socket.get(), QSocketNotifier::Read, this);
    connect(m_readNotifier, &QSocketNotifier::activated, this, &ZygoteChannel::readEvents);
    m_writeNotifier = new QSocketNotifier(m_socket.get(), QSocketNotifier::Write, this);
    m_writeNotifier->setEnabled(false);
    connect(m_writeNotifier, &QSocketNotifier::activated, this, &ZygoteChannel::flush);
    if (m_process->descriptor() >= 0) {
        m_endNotifier = new QSocketNotifier(m_process->descriptor(), QSocketNotifier::Read, this);
        connect(m_endNotifier, &QSocketNotifier::activated, this, &ZygoteChannel::onZygoteEnded);
        return;
    }
    m_endTimer = new QTimer(this);
    connect(m_endTimer, &QTimer::timeout, this, [this] {
        if (m_process->death())
            onZygoteEnded();
    });
    m_endTimer->start(std::chrono::seconds(1));
}

void ZygoteChannel::flush()
{
    Posix::Transfer transfer;
    while (isOpen() && !m_orders.empty() && send(m_orders.front(), -1, &transfer))
        m_orders.pop_front();
    while (isOpen() && m_orders.empty() && !m_pending.empty() && m_alive < m_capacity) {
        const Pending &next = m_pending.front();
        if (!send(next.request, next.connection.get(), &transfer))
            break;
        const quint64 id = next.request.id;
        m_pending.pop_front();
        if (transfer.status == Posix::Transfer::Done) {
            ++m_alive;
        } else {
            refuse(id, QStringLiteral("could not reach the zygote: %1").arg(Posix::errorText(transfer.error)));
        }
    }
    if (m_writeNotifier)
        m_writeNotifier->setEnabled(!m_orders.empty() || (!m_pending.empty() && m_alive < m_capacity));
}

// Returns false if the request has to be sent again later; true if it has been sent, or can never be.
bool ZygoteChannel::send(const Request &request, int connection, Posix::Transfer *transfer)
{
    *transfer = Posix::sendMessage(m_socket.get(), bytesOf(request), connection);
    if (transfer->status == Posix::Transfer::Closed)
        onZygoteLost();
    return transfer->status == Posix::Transfer::Done || transfer->status == Posix::Transfer::Failed;
}

void ZygoteChannel::readEvents()
{
    while (isOpen()) {
        ZygoteEvent event;
        const Posix::Transfer transfer = Posix::receiveMessage(m_socket.get(), spaceOf(&event));
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            onZygoteLost();
            return;
        }
        handle(event);
    }
}

std::chrono::nanoseconds ZygoteChannel::setupBackOff()
{
    if (m_setups.probe() && m_probeSlot && m_scoreboard) {
        const ScoreboardPage &page = *m_scoreboard->page(*m_probeSlot);
        if (page.setup.load(std::memory_order_relaxed) == ScoreboardPage::SetUp)
            m_setups.probeSucceeded();
        else if (page.state.load(std::memory_order_acquire) == ScoreboardPage::Busy)
            m_setups.probeWorks(now());
    }
    const auto earliest = m_setups.notBefore();
    return earliest <= now() ? SetupBackOff::Time(0) : earliest - now();
}

void ZygoteChannel::noteClientsSpawn(quint64 id)
{
    m_setups.began(id, now());
    if (m_setups.probe().value_or(0) == id) // ids begin at 1
        m_probeSlot.reset();
}

void ZygoteChannel::handle(const ZygoteEvent &event)
{
    switch (event.kind) {
    case ZygoteEvent::Spawned:
        if (event.id == m_setups.probe())
            m_probeSlot = event.slot;
        Q_EMIT spawned(event.id, event.pid, event.slot);
        return;
    case ZygoteEvent::LeftBehind:
        Q_EMIT leftBehind(event.id);
        return;
    case ZygoteEvent::NotSpawned:
        --m_alive;
        m_setups.ended(event.id, SetupBackOff::Start::Unknown, now());
        Q_EMIT notSpawned(event.id, event.text.get());
        break;
    case ZygoteEvent::Died:
        --m_alive;
        m_setups.ended(event.id, SetupBackOff::startOf(event.setup), now());
        Q_EMIT died(event.id, describeDeath(event), event.setup);
        break;
    case ZygoteEvent::Ending:
        onEnding();
        return;
    case ZygoteEvent::Ready:
    case ZygoteEvent::Refused:
        return;
    }
    flush();
    Q_EMIT roomChanged();
}

// The zygote's end closes the channel even if the socket is still open: a worker that was forked just before has a copy
// of the socket until it closes it, and may have been stopped before that.
void ZygoteChannel::onZygoteEnded()
{
    readEvents();
    onZygoteLost();
}

void ZygoteChannel::onZygoteLost()
{
    if (!isOpen())
        return;
    // The socket may be closed a moment before the process has ended.
    constexpr std::chrono::milliseconds ToEnd{50};
    const auto death = m_process->waitForEnd(ToEnd) ? m_process->death() : std::nullopt;
    const QString how = death ? Posix::describeDeath(*death) : QStringLiteral("closed its connection");
    const QString why = QStringLiteral("it %1; restart the program to get another one").arg(how);
    qCWarning(lcZygote).noquote() << "the zygote is gone:" << why;
    close(why);
}

void ZygoteChannel::onZygoteDestroyed()
{
    if (isOpen())
        close(QStringLiteral("its Zygote object was destroyed, which must live as long as what uses it"));
}

void ZygoteChannel::close(const QString &why)
{
    for (QSocketNotifier *notifier : {m_readNotifier, m_writeNotifier, m_endNotifier}) {
        if (notifier)
            notifier->setEnabled(false);
    }
    if (m_endTimer)
        m_endTimer->stop();
    m_pending.clear();
    m_orders.clear();
    m_socket.reset();
    m_whyClosed = why;
    m_isUsable = false;
    reapWhenItEnds(m_process);
    Q_EMIT closed();
}

}
