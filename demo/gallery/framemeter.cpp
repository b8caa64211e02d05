// SPDX-License-Identifier: MIT
#include "framemeter.h"

#include <algorithm>

using namespace std::chrono_literals;

FrameMeter::FrameMeter(QObject *parent)
    : QObject(parent)
{
    m_timer.setInterval(250ms);
    connect(&m_timer, &QTimer::timeout, this, &FrameMeter::sum);
}

void FrameMeter::setWindow(QQuickWindow *window)
{
    m_window = window;
    // Where a thread of its own renders, the signal comes from there and waits for ours.
    connect(window, &QQuickWindow::frameSwapped, this, &FrameMeter::count);
}

void FrameMeter::setRunning(bool running)
{
    if (running == m_isRunning)
        return;
    m_isRunning = running;
    m_sinceFrame.invalidate(); // the rest before was no long frame
    if (running) {
        m_framesNow = 0;
        m_sinceSum.start();
        m_timer.start();
        if (m_window)
            m_window->update();
    } else {
        m_timer.stop();
    }
    Q_EMIT runningChanged();
}

double FrameMeter::median() const
{
    if (m_frames.isEmpty())
        return 0;
    QList<qreal> sorted = m_frames;
    const auto middle = sorted.begin() + sorted.size() / 2;
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
}

double FrameMeter::longest() const
{
    return m_longest.isEmpty() ? 0 : *std::max_element(m_longest.cbegin(), m_longest.cend());
}

void FrameMeter::count()
{
    if (!m_isRunning)
        return;
    if (m_sinceFrame.isValid()) {
        const qreal frame = qreal(m_sinceFrame.nsecsElapsed()) / 1e6;
        if (m_frames.size() == Kept)
            m_frames.removeFirst();
        m_frames.append(frame);
        m_longestNow = std::max(m_longestNow, frame);
        ++m_framesNow;
    }
    m_sinceFrame.start();
    m_window->update();
}

void FrameMeter::sum()
{
    constexpr int TenSeconds = 40;
    m_perSecond = int(1000 * m_framesNow / std::max<qint64>(1, m_sinceSum.restart()));
    m_framesNow = 0;
    if (m_longest.size() == TenSeconds)
        m_longest.removeFirst();
    m_longest.append(std::exchange(m_longestNow, 0));
    Q_EMIT measured();
}
