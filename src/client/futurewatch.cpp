// SPDX-License-Identifier: MIT
#include "client/futurewatch_p.h"

#include "client/clientcore_p.h"

#include <QtCore/QEvent>

namespace Prefork::Internal {

void FutureWatch::start(QFutureInterfaceBase *future, const Pooling::CallRef &call)
{
    m_future = future;
    m_call = call;
    connectOutputInterface();
}

void FutureWatch::stop()
{
    if (!m_future)
        return;
    disconnectOutputInterface();
    m_future = nullptr;
}

// The event is of a private class, and what it tells can be asked for.
bool FutureWatch::event(QEvent *event)
{
    if (event->type() != QEvent::FutureCallOut)
        return QFutureWatcherBase::event(event);
    if (m_future && m_future->isCanceled())
        static_cast<void>(m_home->m_core->cancel(m_call));
    return true;
}

void FutureWatch::end()
{
    stop();
    m_home->giveBack(this);
}

detail::CancelWatchPtr FutureWatches::take(QFutureInterfaceBase *future, const Pooling::CallRef &call)
{
    std::unique_ptr<FutureWatch> watch;
    if (m_spare.empty()) {
        watch = std::make_unique<FutureWatch>(this);
    } else {
        watch = std::move(m_spare.back());
        m_spare.pop_back();
    }
    watch->start(future, call);
    return detail::CancelWatchPtr(watch.release());
}

void FutureWatches::giveBack(FutureWatch *watch)
{
    constexpr std::size_t MostKept = 256;
    std::unique_ptr<FutureWatch> owned(watch);
    if (m_spare.size() < MostKept)
        m_spare.push_back(std::move(owned));
}

}
