// SPDX-License-Identifier: MIT
#include "zygote/zygotereaper_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QMutex>
#include <QtCore/QSocketNotifier>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <vector>

namespace Prefork::Internal {

namespace {

using ZygotePtr = std::shared_ptr<const Posix::ChildProcess>;

/// These are the zygotes for which there is no event loop.
class Waiting
{
public:
    void add(const ZygotePtr &zygote)
    {
        const QMutexLocker lock(&m_mutex);
        m_zygotes.push_back(zygote);
    }
    [[nodiscard]] std::vector<ZygotePtr> take()
    {
        const QMutexLocker lock(&m_mutex);
        return std::exchange(m_zygotes, {});
    }

private:
    QMutex m_mutex;
    std::vector<ZygotePtr> m_zygotes;
};

Waiting &waiting()
{
    static auto *const those = new Waiting; // never deleted, because a global Zygote may be destroyed later
    return *those;
}

// Reaps the zygote, if it has ended. Returns true if that is done, here or by other code of the program.
bool isReaped(const ZygotePtr &zygote)
{
    if (zygote->reap())
        return true;
    const auto death = zygote->death();
    return death && death->exitCode < 0 && death->signal == 0;
}

/// Waits for the end of one zygote on the application's event loop. The application owns it.
class Watcher : public QObject
{
public:
    Watcher(const ZygotePtr &zygote, QObject *parent)
        : QObject(parent)
        , m_zygote(zygote)
    {
        connect(&m_timer, &QTimer::timeout, this, &Watcher::look);
        if (zygote->descriptor() < 0) {
            m_timer.start(LookAgain);
            return;
        }
        m_notifier = std::make_unique<QSocketNotifier>(zygote->descriptor(), QSocketNotifier::Read);
        connect(m_notifier.get(), &QSocketNotifier::activated, this, &Watcher::look);
    }
    ~Watcher() override
    {
        if (!isReaped(m_zygote))
            waiting().add(m_zygote);
    }

private:
    void look()
    {
        if (m_notifier)
            m_notifier->setEnabled(false);
        m_timer.start(LookAgain); // a debugger may hold it, and must let go of it first
        if (!isReaped(m_zygote))
            return;
        m_timer.stop();
        deleteLater();
    }

    static constexpr std::chrono::seconds LookAgain{1};
    const ZygotePtr m_zygote;
    std::unique_ptr<QSocketNotifier> m_notifier; // destroyed before its descriptor
    QTimer m_timer;
};

void watch(const ZygotePtr &zygote)
{
    QCoreApplication *const application = QCoreApplication::instance();
    if (isReaped(zygote))
        return;
    if (application && application->thread() == QThread::currentThread())
        new Watcher(zygote, application);
    else
        waiting().add(zygote);
}

}

void reapWhenItEnds(const ZygotePtr &zygote)
{
    reapEndedZygotes();
    watch(zygote);
}

void reapEndedZygotes()
{
    for (const ZygotePtr &zygote : waiting().take())
        watch(zygote);
}

}
