// SPDX-License-Identifier: MIT
#include "server/eventtrial_p.h"

#include "posix/poller_p.h"
#include "posix/socket_p.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QSocketNotifier>
#include <QtCore/QThread>

namespace Prefork::Internal {

namespace {

/// Turns an event loop in a thread of its own, where it delivers nothing of the program's. One that is of another kind
/// than @p dispatcher proves nothing.
class EventTrial : public QThread
{
public:
    explicit EventTrial(const QAbstractEventDispatcher *dispatcher)
        : m_dispatcher(dispatcher)
    {
    }
    [[nodiscard]] bool isDeaf() const { return m_isDeaf; }

private:
    void run() override
    {
        constexpr int Turns = 3; // the first should do, for what there is to hear of is there
        auto ends = Posix::socketPair(Posix::PairType::Stream);
        QAbstractEventDispatcher *const own = QAbstractEventDispatcher::instance();
        if (!ends || !own || !m_dispatcher->inherits(own->metaObject()->className()))
            return;
        ends->second.reset();
        m_isDeaf = true;
        QSocketNotifier notifier(ends->first.get(), QSocketNotifier::Read);
        QObject::connect(&notifier, &QSocketNotifier::activated, &notifier, [&] {
            notifier.setEnabled(false);
            m_isDeaf = false;
        });
        for (int i = 0; i < Turns && m_isDeaf; ++i)
            own->processEvents(QEventLoop::AllEvents);
    }

    const QAbstractEventDispatcher *const m_dispatcher;
    bool m_isDeaf = false;
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
    if (!trial.isDeaf())
        return {};
    const bool mayDoWithoutGlib = refused == u"poll()" && dispatcher->inherits("QEventDispatcherGlib");
    return QStringLiteral("the event loop of this program hears of no connections, for it may not call %1: %2%3")
        .arg(refused, cause,
             mayDoWithoutGlib ? QStringLiteral("; with QT_NO_GLIB=1 in the environment Qt calls ppoll()") : QString());
}

}
