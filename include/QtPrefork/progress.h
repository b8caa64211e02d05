// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PROGRESS_H
#define QTPREFORK_PROGRESS_H

#include <QtPrefork/global.h>

#include <QtCore/QString>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// How far a call has come, as its method says (Worker::setProgress()).
class Progress
{
public:
    Progress() = default;
    Progress(qint64 value, qint64 maximum, const QString &text = {})
        : m_value(value)
        , m_maximum(maximum)
        , m_text(text)
    {
    }
    /// In whatever unit the method counts; it is not checked against maximum().
    [[nodiscard]] qint64 value() const { return m_value; }
    /// What value() will be at the end; 0 if the method does not know.
    [[nodiscard]] qint64 maximum() const { return m_maximum; }
    /// For people; may be empty.
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
