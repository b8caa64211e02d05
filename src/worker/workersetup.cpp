// SPDX-License-Identifier: MIT
#include "worker/workersetup_p.h"

#include "worker/application_p.h"
#include "worker/runningcall_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QScopeGuard>

#include <utility>

namespace Prefork::Internal {

void WorkerSetup::run(Session *session)
{
    if (const auto thrown = std::exchange(m_thrownAhead, std::nullopt))
        throw Error(*thrown);
    const RunningCall::Scope scope(session, RunningCall::Setup);
    // If the worker dies or hangs now, that is not the fault of the method for which it is set up.
    const auto showMethod = qScopeGuard([this, name = m_page->methodName()] { m_page->setMethod(name); });
    m_page->setMethod("(setup)");
    m_page->setup.store(ScoreboardPage::SettingUp, std::memory_order_relaxed);
    try {
        const bool isThere = m_usesExistingApplication && QCoreApplication::instance();
        if (m_interface->makeApplication && !m_hasApplication && !isThere) {
            makeApplication(m_interface->makeApplication, m_interface->programName);
            m_hasApplication = true;
        }
        if (m_interface->setup)
            m_interface->setup();
        for (const auto &makeObject : m_interface->makeObjects)
            makeObject();
        if (!session && m_hasApplication)
            deliverPostedEvents(); // a session does that after a call
    } catch (...) {
        m_page->setup.store(ScoreboardPage::SetupFailed, std::memory_order_relaxed);
        const Error error = Error::fromCurrentException();
        throw Error(Error::SetupError, QStringLiteral("setup exception: %1").arg(error.message()), error.data());
    }
    m_page->setup.store(ScoreboardPage::SetUp, std::memory_order_relaxed);
    m_isDone = true;
}

void WorkerSetup::runAhead() noexcept
{
    m_page->enter(ScoreboardPage::Busy);
    try {
        run(nullptr);
    } catch (...) {
        m_thrownAhead = Error::fromCurrentException();
    }
    m_page->enter(ScoreboardPage::Idle);
}

}
