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

/// Accepts from a listening descriptor it does not own. When accepting fails it pauses, longer each time, and
/// connections wait in the backlog meanwhile.
class Acceptor : public QObject
{
    Q_OBJECT

public:
    Acceptor(int listener, std::function<void(Posix::Fd)> accepted);
    /// Whether connections are accepted; otherwise they wait in the backlog.
    void setEnabled(bool enabled);
    /// Accepts what waits in the backlog now, enabled or not. False if that was not possible, and some may still be
    /// there.
    bool acceptRest();
    /// Goes on with another listening descriptor, once nobody waits in the backlog of this one. False if that was not
    /// possible.
    [[nodiscard]] bool moveTo(int listener);

private:
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
