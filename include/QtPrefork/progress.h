// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PROGRESS_H
#define QTPREFORK_PROGRESS_H

#include <QtPrefork/global.h>

#include <QtCore/QString>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// The progress of a call, as its method reports it (Worker::setProgress()).
class Progress
{
public:
    /// Makes a progress of 0.
    Progress() = default;
    /// Makes a progress with these properties.
    Progress(qint64 value, qint64 maximum, const QString &text = {})
        : m_value(value)
        , m_maximum(maximum)
        , m_text(text)
    {
    }
    /// Returns how far the method has come, in the unit in which it counts. The value may be larger than maximum().
    [[nodiscard]] qint64 value() const { return m_value; }
    /// Returns what value() will be at the end, or 0 if the method does not know.
    [[nodiscard]] qint64 maximum() const { return m_maximum; }
    /// Returns a text for people, which may be empty.
    [[nodiscard]] QString text() const { return m_text; }

    friend bool operator==(const Progress &a, const Progress &b) = default;

private:
    qint64 m_value = 0;
    qint64 m_maximum = 0;
    QString m_text;
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Progress &progress);

}

#endif
