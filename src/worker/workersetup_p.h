// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERSETUP_P_H
#define QTPREFORK_WORKERSETUP_P_H

#include "worker/interface_p.h"
#include "worker/scoreboardpage_p.h"

#include <optional>

namespace Prefork::Internal {

class Session;

/// This is the setup of one worker: it makes the application object, runs the setup function of the interface, and
/// makes the exposed objects. A Session has one and runs it before the first call. A spare worker runs it ahead, before
/// there is a connection, and then gives it to its session. It keeps how the setup went on the page of the worker.
class WorkerSetup
{
public:
    WorkerSetup(InterfacePrivate &interface, ScoreboardPage *page)
        : m_interface(&interface)
        , m_page(page)
    {
    }
    /// This is for a worker inside an ordinary program: if the program has an application object, none is made.
    void useExistingApplication() { m_usesExistingApplication = true; }

    /// Runs for a call of @p session, or ahead if it is null. An exception becomes an Error with the code SetupError,
    /// and the next run tries again. If a run ahead has failed, the next run throws what that one has thrown.
    void run(Session *session);
    /// Runs before there is a session, and keeps what is thrown for the first run for a call.
    void runAhead() noexcept;
    /// Returns whether a run has succeeded.
    [[nodiscard]] bool isDone() const { return m_isDone; }
    /// Returns whether an application object was made here.
    [[nodiscard]] bool hasApplication() const { return m_hasApplication; }

private:
    InterfacePrivate *m_interface;
    ScoreboardPage *m_page;
    bool m_isDone = false;
    bool m_hasApplication = false;
    bool m_usesExistingApplication = false;
    std::optional<Error> m_thrownAhead;
};

}

#endif
