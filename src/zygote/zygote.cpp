// SPDX-License-Identifier: MIT
#include "zygote/zygote_p.h"

#include "posix/message_p.h"
#include "posix/process_p.h"
#include "posix/socket_p.h"
#include "wire/message_p.h"
#include "worker/interface_p.h"
#include "zygote/forkedprocess_p.h"
#include "zygote/logging_p.h"
#include "zygote/zygoteprocess_p.h"
#include "zygote/zygotereaper_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QMutex>

#include <vector>

namespace Prefork {

using namespace Internal;
using namespace ZygoteMessages;

namespace {

// This is how long the destructor waits for the zygote process to end: one whose workers have gone ends soon; one that
// still serves goes on without its program.
constexpr std::chrono::milliseconds LongWait{2000};
constexpr std::chrono::milliseconds ShortWait{20};

// These are all Zygote objects, in the order in which they were made. The list is never destroyed, for a Zygote may be
// a static object. A forked process also has the entries of its parent, which are not its own.
struct Living
{
    struct Entry
    {
        Zygote *zygote;
        qint64 process;
    };
    QMutex mutex;
    std::vector<Entry> entries;
};

Living &living()
{
    static auto *const all = new Living;
    return *all;
}

}

Zygote::Zygote(const Interface &interface, const ZygoteOptions &options)
    : d(std::make_unique<ZygotePrivate>())
{
    Posix::occupyStandardDescriptors();
    reapEndedZygotes();
    d->options = options;
    d->types = InterfacePrivate::of(interface).types;
    d->error = d->start(InterfacePrivate::of(interface));
    InterfacePrivate::of(interface).isForked = true;
    if (!isValid())
        qCWarning(lcZygote).noquote() << "the zygote is not valid:" << d->error;
    const QMutexLocker locker(&living().mutex);
    living().entries.push_back({this, Posix::processId()});
}

Zygote::~Zygote()
{
    {
        const QMutexLocker locker(&living().mutex);
        std::erase_if(living().entries, [this](const Living::Entry &entry) { return entry.zygote == this; });
    }
    const bool isServing = d->channel && d->channel->hasWorkers();
    if (d->channel)
        d->channel->onZygoteDestroyed();
    if (!d->process)
        return;
    if (d->process->waitForEnd(isServing ? ShortWait : LongWait))
        d->process->reap();
    else if (!d->channel) // otherwise the channel has asked for that
        reapWhenItEnds(d->process);
}

Zygote *Zygote::find(const QByteArray &name)
{
    const QMutexLocker locker(&living().mutex);
    Zygote *found = nullptr;
    for (const auto &[zygote, process] : living().entries) {
        if (process != Posix::processId() || (!name.isEmpty() && zygote->name() != name))
            continue;
        if (zygote->isValid())
            return zygote;
        if (!found)
            found = zygote;
    }
    return found;
}

bool Zygote::isValid() const
{
    return d->channel && d->channel->isUsable();
}

QString Zygote::errorString() const
{
    return d->channel ? d->channel->refusal() : d->error;
}

QByteArray Zygote::name() const
{
    return d->options.name;
}

qint64 Zygote::processId() const
{
    return d->channel ? d->process->pid() : 0;
}

int Zygote::spareWorkerCount() const
{
    return d->channel && d->channel->isOpen() ? d->scoreboard->parkedCount() : 0;
}

void Zygote::recycleSpareWorkers()
{
    if (d->channel)
        d->channel->renewSpares();
}

QString ZygotePrivate::start(InterfacePrivate &interface)
{
    if (const QString cause = tooLate(QStringLiteral("the zygote")); !cause.isEmpty())
        return cause;
    if (const QString problem = Wire::limitProblem(options.maxMessageSize); !problem.isEmpty())
        return problem;
    if (!scoreboard->isValid())
        return QStringLiteral("no shared memory for the scoreboard: %1").arg(Posix::lastErrorText());
    if (!options.name.isEmpty())
        Posix::prepareTitles();
    auto ends = Posix::messagePair();
    if (!ends)
        return QStringLiteral("messages with descriptors cannot be sent to the zygote: %1").arg(Posix::lastErrorText());
    const pid_t pid = Posix::forkProcess();
    if (pid < 0)
        return QStringLiteral("fork failed: %1").arg(Posix::lastErrorText());
    if (pid == 0) {
        ends->first.reset();
        liveForked("the zygote",
                   [&] { return ZygoteProcess(interface, options, *scoreboard, std::move(ends->second)).run(); });
    }
    ends->second.reset();
    control = std::move(ends->first);
    process = std::make_shared<Posix::ChildProcess>(pid);
    scoreboard->makeReadOnly();
    return awaitReady();
}

QString ZygotePrivate::tooLate(const QString &what)
{
    if (QCoreApplication::instance())
        return QStringLiteral("%1 must be made before QCoreApplication: move it to the top of main()").arg(what);
    const int threads = Posix::threadCount();
    if (threads <= Posix::threadsOfTools())
        return {};
    return QStringLiteral("%1 must be made before any thread, but this process has %2: move it to the top of main()")
        .arg(what)
        .arg(threads);
}

QString ZygotePrivate::awaitReady()
{
    ZygoteMessages::ZygoteEvent event;
    const Posix::Transfer transfer = Posix::receiveMessage(control.get(), spaceOf(&event));
    if (transfer.status == Posix::Transfer::Done && event.kind == ZygoteMessages::ZygoteEvent::Ready) {
        channel = std::make_shared<ZygoteChannel>(std::move(control), process, event.capacity);
        channel->setScoreboard(scoreboard);
        return {};
    }
    control.reset();
    process->waitForEnd(std::chrono::seconds(5));
    const auto death = process->reap();
    if (transfer.status == Posix::Transfer::Done)
        return event.text.get();
    if (transfer.status == Posix::Transfer::Failed)
        return QStringLiteral("the zygote cannot be heard: %1").arg(Posix::errorText(transfer.error));
    return QStringLiteral("the zygote ended before it was ready: it %1")
        .arg(death ? Posix::describeDeath(*death) : QStringLiteral("was lost"));
}

}
