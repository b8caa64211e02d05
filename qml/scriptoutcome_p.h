// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTOUTCOME_P_H
#define QTPREFORK_QML_SCRIPTOUTCOME_P_H

#include "outcome_p.h"

#include <QtPrefork/call.h>

namespace Prefork::Qml {

/// Gives the outcome of a call to functions of JavaScript: to callbacks, or to the functions that settle a promise.
class ScriptOutcome final : public Outcome, public std::enable_shared_from_this<ScriptOutcome>
{
public:
    enum Kind { Callbacks, Promise };

    ScriptOutcome(Kind kind, QmlClient *client, QJSEngine *engine, const CallRequest &request, const QJSValue &onResult,
                  const QJSValue &onError);
    ~ScriptOutcome() override;

    /// Must be called once @p call is made: from now on the end of the owner is noticed, and cancel() cancels @p call.
    void begin(Prefork::Call call);
    /// Cancels the call. Returns false if it has an outcome already.
    bool cancel();
    [[nodiscard]] bool isOver() const { return m_isOver; }

    void finish(const QVariant &result) override;
    void fail(const Error &error) override;
    void setProgress(const Progress &progress) override;
    void takeEvent(const QString &name, const QVariantList &arguments) override;
    [[nodiscard]] bool isListening() const override;

private:
    [[nodiscard]] bool end();
    void give(const QJSValue &function, const QJSValueList &arguments);
    void forget(const QString &why);

    const Kind m_kind;
    QPointer<QJSEngine> m_engine;
    QPointer<QmlClient> m_client;
    CallRequest m_request;
    QJSValue m_onResult;
    QJSValue m_onError;
    Prefork::Call m_call;
    QMetaObject::Connection m_ownerIsGone;
    bool m_isOver = false;
};

}

#endif
