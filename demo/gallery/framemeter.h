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

/// How long the frames of a window take, from one to the next, as the thread of the window sees it: one that is blocked
/// shows as a long frame. While it runs it asks for frame after frame, so that there is something to measure.
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
    /// The last frames, in milliseconds, the newest last.
    [[nodiscard]] QList<qreal> frames() const { return m_frames; }
    [[nodiscard]] int perSecond() const { return m_perSecond; }
    /// Of the last frames.
    [[nodiscard]] double median() const;
    /// Of the last ten seconds in which it was running.
    [[nodiscard]] double longest() const;

Q_SIGNALS:
    void runningChanged();
    void measured(); ///< four times a second

private:
    void count();
    void sum();

    QPointer<QQuickWindow> m_window;
    bool m_isRunning = false;
    QElapsedTimer m_sinceFrame;
    QElapsedTimer m_sinceSum;
    QList<qreal> m_frames;
    QList<qreal> m_longest; // of each quarter of a second
    qreal m_longestNow = 0;
    int m_framesNow = 0;
    int m_perSecond = 0;
    QTimer m_timer;
};

#endif
