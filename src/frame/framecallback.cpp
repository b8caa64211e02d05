// SPDX-License-Identifier: MIT
#include <QtPrefork/framecallback.h>

#include <QtCore/QThread>

namespace Prefork::detail {

constinit thread_local FrameProbe *FrameProbe::innermost = nullptr;

void FrameProbe::meet(const Frame &frame) noexcept
{
    if (frame.isNull())
        return;
    m_isAmbiguous = m_isAmbiguous || (!m_frame.isNull() && m_frame != frame);
    m_frame = frame;
}

bool isInAnotherThread(const QObject *object)
{
    return object && object->thread() != QThread::currentThread();
}

}
