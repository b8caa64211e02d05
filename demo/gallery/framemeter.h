// SPDX-License-Identifier: MIT
#ifndef GALLERY_FRAMEMETER_H
#define GALLERY_FRAMEMETER_H

#include <QtCore/QElapsedTimer>
#include <QtCore/QList>
#include <QtCore/QObject>
#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtQml/qqmlregistration.h>
#include <QtQuick/QQuickWindow>

/// Measures the time from one frame of a window to the next, in the thread of the window: if that thread is blocked,
/// the frame is a long one. While the meter runs, it asks for frame after frame, so that there is something to measure.
class FrameMeter : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The gallery has one.")
    Q_PROPERTY(bool running READ isRunning WRITE setRunning NOTIFY runningChanged)
    Q_PROPERTY(QList<qreal> frames READ frames NOTIFY measured)
    Q_PROPERTY(int perSecond READ perSecond NOTIFY measured)
    Q_PROPERTY(double median READ median NOTIFY measured)
    Q_PROPERTY(double longest READ longest NOTIFY measured)

public:
    static constexpr int Kept = 120;

    explicit FrameMeter(QObject *parent = nullptr);

    void setWindow(QQuickWindow *window);
    [[nodiscard]] bool isRunning() const { return m_isRunning; }
    void setRunning(bool running);
    /// Returns the times of the last frames, in milliseconds, the newest last.
    [[nodiscard]] QList<qreal> frames() const { return m_frames; }
    [[nodiscard]] int perSecond() const { return m_perSecond; }
    /// Returns the median of the last frames, in milliseconds.
    [[nodiscard]] double median() const;
    /// Returns the longest frame of the last ten seconds in which the meter was running, in milliseconds.
    [[nodiscard]] double longest() const;

Q_SIGNALS:
    void runningChanged();
    void measured(); ///< emitted four times a second

private:
    void count();
    void sum();

    QPointer<QQuickWindow> m_window;
    bool m_isRunning = false;
    QElapsedTimer m_sinceFrame;
    QElapsedTimer m_sinceSum;
    QList<qreal> m_frames;
    QList<qreal> m_longest; // the longest frame of each quarter of a second
    qreal m_longestNow = 0;
    int m_framesNow = 0;
    int m_perSecond = 0;
    QTimer m_timer;
};

#endif
