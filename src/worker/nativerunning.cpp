// SPDX-License-Identifier: MIT
// What a native session does while a method runs.
#include "worker/nativesession_p.h"

namespace Prefork::Internal {

namespace {

constexpr qint64 ProgressEvery = std::chrono::nanoseconds(std::chrono::milliseconds(10)).count();

}

void NativeSession::look(qint64 now)
{
    if (m_inlet.isLookDue(now))
        lookNow(now);
}

void NativeSession::lookNow(qint64 now)
{
    m_inlet.look(now);
    if (m_inlet.isCanceled() || m_inlet.hasEnded())
        Running::cancel();
}

void NativeSession::emitEvent(QAnyStringView name, const detail::CallArguments &arguments)
{
    m_outlet.appendEvent(name, arguments, m_id);
    sendWhileRunning();
}

void NativeSession::setProgress(const Prefork::Progress &progress)
{
    if (!m_features.progress)
        return;
    m_outlet.setProgress(progress, m_id);
    const qint64 now = ScoreboardPage::now();
    look(now);
    if (now - m_progressSent < ProgressEvery)
        return;
    m_progressSent = now;
    if (m_channel.hasRoom && !m_channel.hasRoom())
        return;
    m_outlet.appendProgress();
    sendWhileRunning();
}

// Of the call that runs nothing is kept waiting, and so not what was held back before it either.
void NativeSession::sendWhileRunning()
{
    noteSize(m_outlet.largestPart());
    if (!m_outlet.flush([this](QByteArrayView bytes) { return writeBothWays(bytes); }, true)) {
        m_inlet.setEnded();
        Running::cancel();
    }
    const qint64 now = ScoreboardPage::now();
    if (now - m_now < SlowRun)
        m_page->heldFor.store(0, std::memory_order_relaxed);
    look(now);
}

// While the client does not read, what it says is read: it may say that it does not want the rest.
bool NativeSession::writeBothWays(QByteArrayView bytes)
{
    if (!m_channel.writeNow)
        return m_channel.write(bytes);
    for (;;) {
        const qsizetype count = m_channel.writeNow(bytes);
        if (count < 0)
            return false;
        bytes = bytes.sliced(count);
        if (bytes.isEmpty())
            return true;
        m_channel.wait(m_inlet.hasRoom());
        lookNow(ScoreboardPage::now());
    }
}

}
