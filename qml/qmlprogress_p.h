// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_QMLPROGRESS_P_H
#define QTPREFORK_QML_QMLPROGRESS_P_H

#include <QtPrefork/progress.h>

#include <QtCore/QObject>
#include <QtQml/qqmlregistration.h>

#include <algorithm>

namespace Prefork::Qml {

/// This is the value of `Call.progress`: how far the method has come.
class QmlProgress
{
    Q_GADGET
    QML_VALUE_TYPE(callProgress)
    Q_PROPERTY(double value READ value FINAL)
    Q_PROPERTY(double maximum READ maximum FINAL)
    Q_PROPERTY(QString text READ text FINAL)
    Q_PROPERTY(double fraction READ fraction FINAL)

public:
    QmlProgress() = default;
    explicit QmlProgress(const Progress &progress)
        : m_progress(progress)
    {
    }
    [[nodiscard]] double value() const { return double(m_progress.value()); }
    /// Returns 0 if the method does not know its maximum.
    [[nodiscard]] double maximum() const { return double(m_progress.maximum()); }
    [[nodiscard]] QString text() const { return m_progress.text(); }
    /// Returns a number from 0 to 1; 0 if there is no maximum.
    [[nodiscard]] double fraction() const { return maximum() > 0 ? std::clamp(value() / maximum(), 0.0, 1.0) : 0; }

    friend bool operator==(const QmlProgress &a, const QmlProgress &b) = default;

private:
    Progress m_progress;
};

}

#endif
