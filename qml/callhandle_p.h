// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_CALLHANDLE_P_H
#define QTPREFORK_QML_CALLHANDLE_P_H

#include <QtCore/QObject>
#include <QtQml/qqmlregistration.h>

#include <memory>

namespace Prefork::Qml {

class ScriptOutcome;

/// Stands for a call: this is what call() returns. It owns nothing and may be kept for ever.
class CallHandle
{
    Q_GADGET
    QML_VALUE_TYPE(callHandle)
    Q_PROPERTY(bool settled READ isSettled FINAL)

public:
    CallHandle() = default;
    explicit CallHandle(const std::weak_ptr<ScriptOutcome> &outcome)
        : m_outcome(outcome)
    {
    }
    [[nodiscard]] bool isSettled() const;
    /// Ends the call: its callbacks do not run, and its promise is rejected with code Canceled. Returns false if the
    /// call has settled.
    Q_INVOKABLE bool cancel();

private:
    std::weak_ptr<ScriptOutcome> m_outcome;
};

}

#endif
