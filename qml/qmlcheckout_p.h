// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_QMLCHECKOUT_P_H
#define QTPREFORK_QML_QMLCHECKOUT_P_H

#include "callhandle_p.h"
#include "callrequest_p.h"

#include <QtPrefork/checkout.h>

#include <QtCore/QElapsedTimer>
#include <QtCore/QPointer>
#include <QtQml/qqmlregistration.h>

namespace Prefork::Qml {

class QmlClient;

/// This is the type `Checkout` of QML. JavaScript owns its objects. docs/qml.md is its reference.
class QmlCheckout : public QObject
{
    Q_OBJECT
    QML_NAMED_ELEMENT(Checkout)
    QML_UNCREATABLE("a Checkout is made by checkout() or withCheckout() of a Client")
    Q_PROPERTY(int pendingCalls READ pendingCalls NOTIFY pendingCallsChanged FINAL)
    Q_PROPERTY(double bytesToWrite READ bytesToWrite NOTIFY pendingCallsChanged FINAL)
    Q_PROPERTY(bool released READ isReleased NOTIFY releasedChanged FINAL)
    Q_PROPERTY(QJSValue error READ error NOTIFY errorChanged FINAL)

public:
    /// A checkout that is idle for this time seems to be forgotten.
    static constexpr std::chrono::milliseconds ForgottenAfter{1000};

    ~QmlCheckout() override;

    /// Does what checkout() of Client does.
    [[nodiscard]] static QmlCheckout *make(QmlClient *client, const QJSValue &options, const CallSite &site);

    /// Does what withCheckout() of Client does.
    [[nodiscard]] static QJSValue held(QmlClient *client, const CallSite &site, const QJSValue &function,
                                       const QJSValue &options);

    Q_INVOKABLE Prefork::Qml::CallHandle call(const QJSValue &method = {}, const QJSValue &args = {},
                                              const QJSValue &onResult = {}, const QJSValue &onError = {},
                                              const QJSValue &owner = {});
    Q_INVOKABLE QJSValue promise(const QJSValue &method = {}, const QJSValue &args = {}, const QJSValue &owner = {});
    Q_INVOKABLE void release();
    Q_INVOKABLE void abort(const QString &reason = QStringLiteral("aborted"));

    [[nodiscard]] int pendingCalls() const { return m_checkout->pendingCallCount(); }
    [[nodiscard]] double bytesToWrite() const { return double(m_checkout->bytesToWrite()); }
    [[nodiscard]] bool isReleased() const { return m_checkout->isReleased(); }
    [[nodiscard]] QJSValue error() const { return m_error; }

    /// Returns true if the checkout has had nothing to do for so long that it may be garbage.
    [[nodiscard]] bool seemsForgotten() const;

Q_SIGNALS:
    void pendingCallsChanged();
    void releasedChanged();
    void errorChanged();

private:
    QmlCheckout(QmlClient *client, const CheckoutOptions &options, const CallSite &site);
    [[nodiscard]] CallRequest read(const QJSValue &method, const QJSValue &args, const QJSValue &owner) const;
    void noteCall();
    void refresh();

    QPointer<QmlClient> m_client;
    QPointer<QJSEngine> m_engine;
    CallSite m_site;
    CheckoutPtr m_checkout;
    QString m_problem; ///< of its options, which each of its calls then has
    QJSValue m_error = QJSValue(QJSValue::NullValue);
    QElapsedTimer m_idle;
    QMetaObject::Connection m_ownerIsGone;
    bool m_isNoted = false;
    bool m_wasReleased = false;
};

}

#endif
