// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_CALLOUTCOME_P_H
#define QTPREFORK_QML_CALLOUTCOME_P_H

#include "outcome_p.h"
#include "qmlcall_p.h"

namespace Prefork::Qml {

/// This is one run of a Call. The outcome of a run that is not wanted any more reaches nobody.
class CallOutcome final : public Outcome
{
public:
    explicit CallOutcome(QmlCall *call)
        : m_call(call)
    {
    }
    void finish(const QVariant &result) override { tell(result); }
    void fail(const Error &error) override { tell(error); }
    void setProgress(const Progress &progress) override { tell(progress); }
    void takeEvent(const QString &name, const QVariantList &arguments) override;
    bool isListening() const override { return true; }

    CallSite site;
    Prefork::Call handle;

private:
    [[nodiscard]] bool isWanted() const;
    template <class T>
    void tell(const T &news)
    {
        if (isWanted())
            m_call->take(news);
    }

    const QPointer<QmlCall> m_call;
};

}

#endif
