// SPDX-License-Identifier: MIT
// The functions of NativeSession that are called while a method runs.
#include "worker/nativesession_p.h"

namespace Prefork::Internal {

namespace {

constexpr qint64 ProgressEvery = std::chrono::nanoseconds(std::chrono::milliseconds(10)).count();

}

void NativeSession::look(qint64 now)
{
    if (m_input.isLookDue(now))
        lookNow(now);
}

void NativeSession::lookNow(qint64 now)
{
    m_input.look(now);
    if (m_input.isCanceled() || m_input.hasEnded())
        RunningCall::cancel();
}

void NativeSession::emitEvent(QAnyStringView name, const detail::CallArguments &arguments)
{
    m_output.appendEvent(name, arguments, m_id);
    sendWhileRunning();
}

void NativeSession::setProgress(const Prefork::Progress &progress)
{
    if (!m_features.progress)
        return;
    m_output.setProgress(progress, m_id);
    const qint64 now = ScoreboardPage::now();
    look(now);
    if (now - m_progressSent < ProgressEvery)
        return;
    m_progressSent = now;
    if (m_channel.hasRoom && !m_channel.hasRoom())
        return;
    m_output.appendProgress();
    sendWhileRunning();
}

// Writes at once what the running call has said, and with it the replies that were held back before the call.
void NativeSession::sendWhileRunning()
{
    noteSize(m_output.largestPart());
    if (!m_output.flush([this](QByteArrayView bytes) { return writeBothWays(bytes); }, true)) {
        m_input.setEnded();
        RunningCall::cancel();
    }
    const qint64 now = ScoreboardPage::now();
    if (now - m_now < SlowRun)
        m_page->heldFor.store(0, std::memory_order_relaxed);
    look(now);
}

// Writes all bytes. While the client does not read, its messages are read, because one may cancel the call.
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
        m_channel.wait(m_input.hasRoom());
        lookNow(ScoreboardPage::now());
    }
}

}
