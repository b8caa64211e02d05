// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ACCEPTOR_P_H
#define QTPREFORK_ACCEPTOR_P_H

#include "posix/descriptor_p.h"

#include <QtCore/QDeadlineTimer>
#include <QtCore/QObject>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <functional>

namespace Prefork::Internal {

/// Accepts connections from a listening descriptor, which it does not own, and gives each to a function. A Server makes
/// one while it listens. When accepting fails (no descriptors left, say) it pauses, longer each time, and connections
/// wait in the backlog meanwhile.
class Acceptor : public QObject
{
    Q_OBJECT

public:
    Acceptor(int listener, std::function<void(Posix::Fd)> accepted);
    /// Sets whether connections are accepted. Those that are not wait in the backlog.
    void setEnabled(bool enabled);
    /// Accepts everything that waits in the backlog now, whether enabled or not. Returns false if accepting failed, so
    /// that some connections may still wait.
    bool acceptRest();
    /// Accepts what waits in the backlog, and then goes on with another listening descriptor. Returns false, and keeps
    /// the old one, if accepting failed.
    [[nodiscard]] bool moveTo(int listener);

private:
    /// This is what acceptOne() found: perhaps there are more connections, there is none, or accepting fails for now.
    enum class Outcome { GoOn, NothingThere, Failed };
    Outcome acceptOne();
    void acceptAll();
    void pause(int error);
    void resume();

    int m_listener;
    std::function<void(Posix::Fd)> m_accepted;
    QSocketNotifier m_notifier;
    QTimer m_resume;
    std::chrono::milliseconds m_pause{0};
    QDeadlineTimer m_mayWarn{0};
    bool m_isEnabled = true;
};

}

#endif
