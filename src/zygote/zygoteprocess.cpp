// SPDX-License-Identifier: MIT
#include "zygote/zygoteprocess_p.h"

#include "wire/oneline_p.h"
#include "worker/interface_p.h"
#include "zygote/workerprocess_p.h"

#include <QtCore/QLoggingCategory>

#include <algorithm>
#include <csignal>

namespace Prefork {

using namespace ZygoteMessages;

namespace {

Q_LOGGING_CATEGORY(lcZygote, "prefork.zygote", QtWarningMsg)

constexpr std::size_t MaxUnsentEvents = 10000;
constexpr std::chrono::hours LongestPatience{24 * 365}; // milliseconds::max() would not fit nanoseconds

double inSeconds(std::chrono::nanoseconds time)
{
    return std::chrono::duration<double>(time).count();
}

}

ZygoteProcess::ZygoteProcess(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Fd control)
    : m_interface(interface)
    , m_options(options)
    , m_scoreboard(scoreboard)
    , m_control(std::move(control))
{
}

void ZygoteProcess::run()
{
    Event event;
    const QString refusal = becomeZygote();
    event.kind = refusal.isEmpty() ? Event::Ready : Event::Refused;
    event.text.set(refusal);
    tell(event);
    if (refusal.isEmpty())
        serve();
    Posix::exitNow(refusal.isEmpty() ? 0 : 1);
}

QString ZygoteProcess::becomeZygote()
{
    Posix::leadProcessGroup();
    Posix::makeExitImmediate();
    Posix::resetSignals();
    Posix::closeOthers({m_control.get()});
    Posix::setNonBlocking(m_control.get(), true);
    if (!m_options.name.isEmpty())
        Posix::setTitle(m_options.name + " zygote");
    if (!m_interface.preload)
        return {};
    try {
        m_interface.preload();
    } catch (...) {
        return QStringLiteral("preload failed: %1").arg(Error::fromCurrentException().message());
    }
    if (Posix::threadCount() > 1)
        return QStringLiteral("preload started a thread: the zygote must stay single-threaded to fork safely; start threads in setup");
    return undeclaredDescriptor();
}

QString ZygoteProcess::undeclaredDescriptor() const
{
    const std::vector<int> &kept = m_interface.keptDescriptors;
    for (const int descriptor : Posix::openDescriptors()) {
        const bool declared = std::find(kept.begin(), kept.end(), descriptor) != kept.end();
        if (descriptor > 2 && descriptor != m_control.get() && !declared) {
            return QStringLiteral("preload left descriptor %1 (%2) open, which every worker would share: close it, open it in setup "
                                  "instead, or declare it with Interface::keepDescriptor()")
                .arg(descriptor)
                .arg(Posix::describeDescriptor(descriptor));
        }
    }
    return {};
}

void ZygoteProcess::serve()
{
    while (m_control.isOpen() || !m_children.empty()) {
        const auto patience = killHung();
        std::vector<Posix::Watch> watches;
        watches.reserve(m_children.size() + 1);
        for (const Child &child : m_children)
            watches.push_back({child.pidFd.get()});
        watches.push_back({m_control.get(), !m_unsent.empty()});
        Posix::waitFor(watches, patience);
        reapEnded(watches);
        if (watches.back().writable)
            flushEvents();
        if (watches.back().readable)
            takeRequests();
    }
}

void ZygoteProcess::takeRequests()
{
    constexpr int AtOnce = 64; // then look at the dead again
    for (int i = 0; i < AtOnce; ++i) {
        Spawn request;
        Posix::Fd connection;
        const Posix::Transfer transfer = Posix::receiveMessage(m_control.get(), spaceOf(&request), &connection);
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            m_control.reset();
            m_unsent.clear();
            return;
        }
        if (connection.isOpen())
            spawn(request, std::move(connection));
        else
            refuse(request.id, QStringLiteral("the zygote has no descriptor left for the connection"));
    }
}

void ZygoteProcess::spawn(const Spawn &request, Posix::Fd connection)
{
    const auto slot = m_scoreboard.take();
    if (!slot) {
        refuse(request.id, QStringLiteral("all %1 workers of this zygote are in use").arg(Scoreboard::MaxWorkers));
        return;
    }
    Child child;
    child.id = request.id;
    child.number = ++m_lastNumber;
    child.slot = *slot;
    child.pid = Posix::forkProcess();
    if (child.pid == 0)
        runWorker({m_interface, m_options, m_scoreboard, child.slot, child.number, connection.get(), request.peer()});
    if (child.pid < 0) {
        m_scoreboard.giveBack(*slot);
        refuse(request.id, QStringLiteral("fork failed: %1").arg(Posix::lastErrorText()));
        return;
    }
    connection.reset(); // which leaves a descriptor for the next
    child.pidFd = Posix::openPidFd(child.pid);
    if (!child.pidFd.isOpen()) {
        qCWarning(lcZygote).noquote() << "cannot watch over a worker, which is killed:" << Posix::lastErrorText();
        Posix::killChild(child.pid); // it may have begun: not as good as not spawned
        m_scoreboard.giveBack(*slot);
        Event event;
        event.kind = Event::Died;
        event.id = child.id;
        event.pid = child.pid;
        event.signal = SIGKILL;
        tell(event);
        return;
    }
    Event event;
    event.kind = Event::Spawned;
    event.id = child.id;
    event.pid = child.pid;
    tell(event);
    m_children.push_back(std::move(child));
}

void ZygoteProcess::refuse(quint64 id, const QString &cause)
{
    qCWarning(lcZygote).noquote() << "no worker:" << cause;
    Event event;
    event.kind = Event::NotSpawned;
    event.id = id;
    event.text.set(cause);
    tell(event);
}

void ZygoteProcess::reapEnded(std::span<const Posix::Watch> watches)
{
    for (std::size_t i = m_children.size(); i-- > 0;) {
        Child &child = m_children[i];
        if (!watches[i].readable)
            continue;
        const auto death = Posix::reap(child.pid);
        if (!death)
            continue;
        Event event;
        event.kind = Event::Died;
        event.id = child.id;
        event.pid = child.pid;
        event.hung = child.hung;
        event.exitCode = death->exitCode;
        event.signal = death->signal;
        tell(event);
        m_scoreboard.giveBack(child.slot);
        m_children[i] = std::move(m_children.back());
        m_children.pop_back();
    }
}

// Returns how long no worker can become hung: one that is idle now may start a call at any moment.
std::optional<std::chrono::nanoseconds> ZygoteProcess::killHung()
{
    if (m_children.empty() || m_options.hungTimeout.count() <= 0)
        return {};
    const std::chrono::nanoseconds limit = std::min<std::chrono::milliseconds>(m_options.hungTimeout, LongestPatience);
    std::chrono::nanoseconds patience = limit;
    const qint64 now = ScoreboardPage::now();
    for (Child &child : m_children) {
        const ScoreboardPage *const page = m_scoreboard.page(child.slot);
        if (child.hung || page->state.load(std::memory_order_acquire) != ScoreboardPage::Busy)
            continue;
        const std::chrono::nanoseconds busyFor(now - page->since.load(std::memory_order_relaxed));
        if (busyFor < limit) {
            patience = std::min(patience, limit - busyFor);
            continue;
        }
        child.hung = true;
        qCWarning(lcZygote, "Killing hung worker (%d): worker %llu has been at method '%s' for %.1f s", int(child.pid),
                  static_cast<unsigned long long>(child.number), qUtf8Printable(onOneLine(QString::fromUtf8(page->methodName()))),
                  inSeconds(busyFor));
        Posix::signalProcess(child.pidFd.get(), SIGKILL);
    }
    return patience;
}

void ZygoteProcess::tell(const Event &event)
{
    if (!m_control.isOpen())
        return;
    if (m_unsent.size() == MaxUnsentEvents)
        m_unsent.pop_front();
    m_unsent.push_back(event);
    flushEvents();
}

void ZygoteProcess::flushEvents()
{
    while (!m_unsent.empty()) {
        const Posix::Transfer transfer = Posix::sendMessage(m_control.get(), bytesOf(m_unsent.front()));
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        m_unsent.pop_front();
    }
}

}
