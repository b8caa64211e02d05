// SPDX-License-Identifier: MIT
#include "server/eventtrial_p.h"

#include "posix/poller_p.h"
#include "posix/socket_p.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QSocketNotifier>
#include <QtCore/QThread>

namespace Prefork::Internal {

namespace {

/// Tries, in a thread of its own, whether an event loop notices that a socket is readable. There it delivers no events
/// of the program. If the thread gets an event dispatcher of another class than @p dispatcher, nothing is tried.
class EventTrial : public QThread
{
public:
    explicit EventTrial(const QAbstractEventDispatcher *dispatcher)
        : m_dispatcher(dispatcher)
    {
    }
    [[nodiscard]] bool missesEvents() const { return m_missesEvents; }

private:
    void run() override
    {
        constexpr int Turns = 3; // one turn should be enough, for the socket is readable already
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        QAbstractEventDispatcher *const own = QAbstractEventDispatcher::instance();
        if (!ends || !own || !m_dispatcher->inherits(own->metaObject()->className()))
            return;
        ends->second.reset();
        m_missesEvents = true;
        QSocketNotifier notifier(ends->first.get(), QSocketNotifier::Read);
        QObject::connect(&notifier, &QSocketNotifier::activated, &notifier, [&] {
            notifier.setEnabled(false);
            m_missesEvents = false;
        });
        for (int i = 0; i < Turns && m_missesEvents; ++i)
            own->processEvents(QEventLoop::AllEvents);
    }

    const QAbstractEventDispatcher *const m_dispatcher;
    bool m_missesEvents = false;
};

}

QString whyEventsDoNotCome()
{
    const QString refused = Posix::refusedPolling();
    const QString cause = Posix::lastErrorText();
    const QAbstractEventDispatcher *const dispatcher = QAbstractEventDispatcher::instance();
    if (refused.isEmpty() || !dispatcher)
        return {};
    EventTrial trial(dispatcher);
    trial.start();
    trial.wait();
    if (!trial.missesEvents())
        return {};
    const bool mayDoWithoutGlib = refused == u"poll()" && dispatcher->inherits("QEventDispatcherGlib");
    return QStringLiteral("the event loop of this program hears of no connections, for it may not call %1: %2%3")
        .arg(refused, cause,
             mayDoWithoutGlib ? QStringLiteral("; with QT_NO_GLIB=1 in the environment Qt calls ppoll()") : QString());
}

}
