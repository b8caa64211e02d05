// SPDX-License-Identifier: MIT
#include "zygote/zygoteprocess_p.h"

#include "posix/child_p.h"
#include "posix/limits_p.h"
#include "posix/message_p.h"
#include "posix/process_p.h"
#include "posix/signal_p.h"
#include "worker/interface_p.h"
#include "worker/runningcall_p.h"
#include "zygote/inheritance_p.h"
#include "zygote/rehearsal_p.h"
#include "zygote/workerlimits_p.h"
#include "zygote/zygotetoken_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace ZygoteMessages;

namespace {

constexpr qint64 LongestReading = std::chrono::nanoseconds(std::chrono::milliseconds(5)).count();
constexpr quint64 ControlToken = 0;
constexpr quint64 TerminationToken = ZygoteToken::Termination;
static_assert(ZygoteToken::Control == 0); // its token has the number 0 too

}

ZygoteProcess::ZygoteProcess(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard,
                             Posix::Fd control)
    : m_interface(interface)
    , m_options(options)
    , m_control(std::move(control))
    , m_silent(m_poller)
    , m_workers(interface, m_options, scoreboard, m_poller, [this](const ZygoteEvent &event) { tell(event); })
{
    interface.shareSlowFlags(scoreboard.flags());
}

int ZygoteProcess::run()
{
    ZygoteEvent event;
    const QString refusal = prepare();
    event.kind = refusal.isEmpty() ? ZygoteEvent::Ready : ZygoteEvent::Refused;
    event.text.set(refusal);
    event.capacity = capacity();
    tell(event);
    if (refusal.isEmpty())
        serve();
    return refusal.isEmpty() ? 0 : 1;
}

QString ZygoteProcess::prepare()
{
    try {
        QString refusal = becomeZygote();
        if (refusal.isEmpty())
            refusal = openPoller();
        return refusal.isEmpty() ? tryLimits(m_options.limits) : refusal;
    } catch (...) {
        return QStringLiteral("the zygote cannot begin: %1").arg(Error::fromCurrentException().message());
    }
}

QString ZygoteProcess::becomeZygote()
{
    Posix::leadSession();
    const bool isReplaced = m_nullDescriptors.replaceAllBut(m_control.get());
    const QString whyNot = Posix::lastErrorText();
    std::vector<int> keep = m_nullDescriptors.numbers();
    keep.push_back(m_control.get());
    Posix::beginProcess(std::move(keep));
    Posix::receiveSignals();
    if (!isReplaced)
        return QStringLiteral("the program's descriptors cannot be replaced: %1").arg(whyNot);
    m_openBefore = Posix::openDescriptors();
    Inheritance::forgetSupervisor();
    Inheritance::adoptLocale();
    Inheritance::prepareHostLookups();
    Inheritance::reseedRandomNumbers();
    if (!Posix::setNonBlocking(m_control.get(), true))
        return QStringLiteral("the zygote cannot hear its program without waiting for it: %1")
            .arg(Posix::lastErrorText());
    if (!Posix::maySuperviseChildren())
        return QStringLiteral("the zygote may not wait for workers, or end them: %1").arg(Posix::lastErrorText());
    if (!m_options.name.isEmpty())
        Posix::setTitle(m_options.name + " zygote");
    const QString problem = m_interface.preload ? preload() : QString();
    prepareForWorkers();
    Posix::flushStdio(); // a slow reader of stdout is waited for here, and not at the first fork
    const QString leftOpen = descriptorProblem();
    m_nullDescriptors.forgetChanged();
    m_workers.setNullDescriptors(m_nullDescriptors.numbers());
    return problem.isEmpty() ? leftOpen : problem;
}

// Does, after preload, what each worker would otherwise have to do for itself, while its client waits.
void ZygoteProcess::prepareForWorkers()
{
    Posix::keepEndedChildren();
    Posix::inChildren(RunningCall::leaveToParent);
    for (const auto &[name, entry] : m_interface.methods)
        static_cast<void>(entry->method->signature()); // each is made once
    rehearseWorker();
    Posix::exitAtOnce(); // last, for handlers run in the opposite order, and preload may have set some
}

QString ZygoteProcess::preload() const
{
    const int threads = Posix::threadCount(); // ThreadSanitizer adds a thread to every process
    try {
        m_interface.preload();
    } catch (...) {
        return QStringLiteral("preload failed: %1").arg(Error::fromCurrentException().message());
    }
    if (Posix::threadCount() > threads)
        return QStringLiteral(
            "preload started a thread: the zygote must stay single-threaded to fork safely; start threads in setup");
    return {};
}

QString ZygoteProcess::openPoller()
{
    // Each worker takes two descriptors, so the usual limit would soon be reached.
    m_workers.setDescriptorLimit(Posix::liftDescriptorLimit());
    if (m_poller.open() && m_poller.add(m_control.get(), Posix::Poller::Input, ControlToken)) {
        m_termination = Posix::watchSigterm();
        Posix::noteSignals(); // after preload and watchSigterm(), which have set some
        if (m_termination.isOpen() && m_poller.add(m_termination.get(), Posix::Poller::Input, TerminationToken))
            return {};
    }
    return QStringLiteral("the zygote cannot wait for its workers: %1").arg(Posix::lastErrorText());
}

// Returns how many workers can live at a time: each takes two descriptors, an arriving connection takes one, and
// lingering connections take some.
quint32 ZygoteProcess::capacity()
{
    const std::vector<int> open = Posix::openDescriptors();
    const quint64 limit = Posix::descriptorLimit();
    const auto isBelow = [limit](int descriptor) { return quint64(descriptor) < limit; };
    const quint64 taken = quint64(std::count_if(open.begin(), open.end(), isBelow)) + 1;
    const quint64 left = std::max(limit, taken) - taken;
    const quint64 forLingering = std::min<quint64>(left / 8, LingeringConnections::Most);
    m_workers.setMostLingering(std::max<quint64>(1, forLingering));
    const quint64 most = std::clamp<quint64>((left - forLingering) / 2, 1, Scoreboard::MaxWorkers);
    m_workers.setMost(most);
    return quint32(most);
}

// Returns what is wrong with the descriptors after preload: each one that preload opened must be declared, because
// every worker would share it, and each declared one must be open.
QString ZygoteProcess::descriptorProblem() const
{
    const std::vector<int> &kept = m_interface.keptDescriptors;
    const std::vector<int> open = Posix::openDescriptors();
    for (const int descriptor : open) {
        const bool declared = std::find(kept.begin(), kept.end(), descriptor) != kept.end();
        const bool wasOpen = std::binary_search(m_openBefore.begin(), m_openBefore.end(), descriptor);
        const std::vector<int> &replaced = m_nullDescriptors.numbers();
        const bool isNew = !wasOpen
            || (std::binary_search(replaced.begin(), replaced.end(), descriptor)
                && !m_nullDescriptors.isNull(descriptor));
        if (descriptor > 2 && isNew && !declared) {
            return QStringLiteral("preload left descriptor %1 (%2) open, which every worker would share: close it, "
                                  "open it in setup "
                                  "instead, or declare it with Interface::keepDescriptor()")
                .arg(descriptor)
                .arg(Posix::describeDescriptor(descriptor));
        }
    }
    for (const int descriptor : kept) {
        if (std::find(open.begin(), open.end(), descriptor) == open.end())
            return QStringLiteral("descriptor %1, declared with Interface::keepDescriptor(), is not open")
                .arg(descriptor);
        if (m_nullDescriptors.isNull(descriptor)) {
            return QStringLiteral("descriptor %1, declared with Interface::keepDescriptor(), was open before the "
                                  "zygote was made, which has "
                                  "nothing of its program's: open it in preload")
                .arg(descriptor);
        }
    }
    return {};
}

void ZygoteProcess::serve()
{
    for (;;) {
        m_workers.setShort(!m_waiting.isEmpty());
        m_workers.act(ScoreboardPage::now());
        provideAgain();
        tryWaitingForks();
        m_silent.expire(ScoreboardPage::now(),
                        [this](quint64 id) { m_workers.tellNotSpawned(id, QStringLiteral("its server is gone")); });
        if (isDone())
            return; // checked after acting, which may have ended the last thing that the zygote stayed for
        Posix::Poller::Ready control;
        std::vector<quint64> silent;
        for (const Posix::Poller::Ready &ready : m_poller.wait(timeToWait())) {
            const ZygoteToken token = ZygoteToken::of(ready.token);
            if (ready.token == ControlToken)
                control = ready;
            else if (ready.token == TerminationToken)
                onTermination();
            else if (token.kind == ZygoteToken::Silent)
                silent.push_back(token.number);
            else
                m_workers.onReady(ready);
        }
        provideAgain();
        for (const quint64 id : silent) // after the others, because a fork takes long
            onSilentReadable(id);
        if (control.writable)
            flushEvents();
        if (control.readable)
            takeRequests();
    }
}

bool ZygoteProcess::isDone() const
{
    return !m_control.isOpen() && m_workers.isEmpty() && m_waiting.isEmpty() && m_silent.isEmpty();
}

// Returns the time until something is due; unset if nothing is.
std::optional<std::chrono::nanoseconds> ZygoteProcess::timeToWait() const
{
    const qint64 next = std::min({m_workers.nextAct(), m_waiting.nextAct(), m_silent.nextExpiry()});
    if (next == WorkerWatch::Never)
        return {};
    return std::chrono::nanoseconds(std::max<qint64>(0, next - ScoreboardPage::now()));
}

void ZygoteProcess::takeRequests()
{
    // This takes a limited time only: a fork of a large process takes long, and dead workers must be noticed meanwhile.
    const qint64 end = ScoreboardPage::now() + LongestReading;
    do {
        Request request;
        Posix::Fd connection;
        const Posix::Transfer transfer = Posix::receiveMessage(m_control.get(), spaceOf(&request), &connection);
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            onProgramGone();
            return;
        }
        take(request, std::move(connection));
    } while (ScoreboardPage::now() < end);
}

void ZygoteProcess::take(const Request &request, Posix::Fd connection)
{
    switch (request.kind) {
    case Request::Spawn:
        break;
    case Request::RenewSpares:
        m_workers.renewSpares();
        return;
    case Request::MakeRoom:
        m_workers.wantGone(request.id, WorkerWatch::Departure::Room);
        return;
    case Request::Drain:
        if (!m_waiting.drain(request.id))
            m_workers.wantGone(request.id, WorkerWatch::Departure::Drain);
        return;
    case Request::Retire:
    case Request::Kill:
        if (m_waiting.dismiss(request.id) || m_silent.dismiss(request.id))
            m_workers.tellNotSpawned(request.id, QStringLiteral("the server shuts down"));
        else if (request.kind == Request::Retire)
            m_workers.retire(request.id, request.staysUntil);
        else
            m_workers.endNow(request.id);
        return;
    }
    if (m_isEnding) {
        m_workers.tellNotSpawned(request.id, endingText());
        return;
    }
    if (!connection.isOpen()) {
        m_workers.refuse(request.id, QStringLiteral("the zygote has no descriptor left for the connection"), {});
        return;
    }
    if (request.isSilent)
        keepSilent(request, std::move(connection));
    else
        provide(request, std::move(connection));
}

void ZygoteProcess::keepSilent(const Request &request, Posix::Fd connection)
{
    if (m_silent.add({request, std::move(connection)}))
        m_workers.tellLeftBehind(request.id);
    else
        m_workers.tellNotSpawned(request.id,
                                 QStringLiteral("its connection cannot be watched: %1").arg(Posix::lastErrorText()));
}

void ZygoteProcess::onSilentReadable(quint64 id)
{
    auto waiting = m_silent.onReadable(
        id, [this](quint64 gone) { m_workers.tellNotSpawned(gone, QStringLiteral("its client hung up")); });
    if (waiting)
        provide(waiting->request, std::move(waiting->connection));
}

// Forks a worker for the connection, now or as soon as there can be one.
void ZygoteProcess::provide(const Request &request, Posix::Fd connection)
{
    const qint64 now = ScoreboardPage::now();
    std::optional<QString> cause;
    if (!request.mayWait || m_waiting.isEmpty()) {
        cause = m_workers.spawn(request, connection);
        if (!cause)
            return;
    }
    if (request.mayWait)
        m_waiting.add(request, std::move(connection), cause.value_or(QString()), now);
    else
        m_workers.refuse(request.id, *cause, std::move(connection));
}

// Provides for connections whose spare workers have died before they took them.
void ZygoteProcess::provideAgain()
{
    for (Workers::Returned &returned : m_workers.takeReturned())
        provide(returned.request, std::move(returned.connection));
}

void ZygoteProcess::tryWaitingForks()
{
    const auto spawn
        = [this](const Request &request, Posix::Fd &connection) { return m_workers.spawn(request, connection); };
    const auto gone
        = [this](quint64 id) { m_workers.tellNotSpawned(id, QStringLiteral("its client hung up while it waited")); };
    m_waiting.act(ScoreboardPage::now(), spawn, gone);
}

void ZygoteProcess::onProgramGone()
{
    m_poller.remove(m_control.get());
    m_control.reset();
    m_unsent.clear();
    m_waiting.onProgramGone();
    m_workers.onProgramGone();
}

// Handles SIGTERM. The zygote stays until its program has gone as well, because the program waits for the ends of its
// workers.
void ZygoteProcess::onTermination()
{
    std::array<char, 64> signals;
    static_cast<void>(Posix::readSome(m_termination.get(), signals));
    if (std::exchange(m_isEnding, true))
        return;
    ZygoteEvent event;
    event.kind = ZygoteEvent::Ending;
    tell(event);
    for (const quint64 id : m_waiting.dismissAll())
        m_workers.tellNotSpawned(id, endingText());
    m_silent.expire(WorkerWatch::Never, [this](quint64 id) { m_workers.tellNotSpawned(id, endingText()); });
    m_workers.askAllToLeave();
}

void ZygoteProcess::tell(const ZygoteEvent &event)
{
    if (!m_control.isOpen())
        return;
    m_unsent.push_back(event); // bounded: at most two for each worker, and the number of workers is limited
    flushEvents();
}

void ZygoteProcess::flushEvents()
{
    bool isFull = false;
    while (!m_unsent.empty() && !isFull) {
        isFull = Posix::sendMessage(m_control.get(), bytesOf(m_unsent.front())).status == Posix::Transfer::WouldBlock;
        if (!isFull)
            m_unsent.pop_front();
    }
    if (std::exchange(m_awaitsRoom, isFull) != isFull)
        m_poller.change(m_control.get(), Posix::Poller::Input | (isFull ? Posix::Poller::Output : 0u), ControlToken);
}

}
