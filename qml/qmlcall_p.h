// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_QMLCALL_P_H
#define QTPREFORK_QML_QMLCALL_P_H

#include "callrequest_p.h"
#include "qmlclient_p.h"
#include "qmlprogress_p.h"

#include <QtPrefork/call.h>

#include <QtQml/QQmlParserStatus>

#include <memory>

namespace Prefork::Qml {

class CallOutcome;

/// This is the type `Call` of QML: a call as an object, for bindings. docs/qml.md is its reference.
class QmlCall : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    QML_NAMED_ELEMENT(Call)
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(Prefork::Qml::QmlClient *client READ client WRITE setClient NOTIFY clientChanged REQUIRED FINAL)
    Q_PROPERTY(QString method READ method WRITE setMethod NOTIFY methodChanged REQUIRED FINAL)
    Q_PROPERTY(QJSValue args READ args WRITE setArgs NOTIFY argsChanged FINAL)
    Q_PROPERTY(bool autoStart READ autoStart WRITE setAutoStart NOTIFY autoStartChanged FINAL)
    Q_PROPERTY(int runTimeout MEMBER m_runTimeout NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int deadline MEMBER m_deadline NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int priority READ priority WRITE setPriority RESET resetPriority NOTIFY optionsChanged FINAL)
    Q_PROPERTY(Status status READ status NOTIFY statusChanged FINAL)
    Q_PROPERTY(bool running READ isRunning NOTIFY runningChanged FINAL)
    Q_PROPERTY(QJSValue result READ result NOTIFY resultChanged FINAL)
    Q_PROPERTY(QJSValue placeholder READ placeholder WRITE setPlaceholder NOTIFY placeholderChanged FINAL)
    Q_PROPERTY(QJSValue error READ error NOTIFY errorChanged FINAL)
    Q_PROPERTY(Prefork::Qml::QmlProgress progress READ progress NOTIFY progressChanged FINAL)

public:
    enum Status { Idle, Running, Finished, Failed, Canceled };
    Q_ENUM(Status)

    explicit QmlCall(QObject *parent = nullptr);
    ~QmlCall() override;

    Q_INVOKABLE void start();
    Q_INVOKABLE void cancel();

    [[nodiscard]] QmlClient *client() const { return m_client; }
    void setClient(QmlClient *client);
    [[nodiscard]] QString method() const { return m_method; }
    void setMethod(const QString &method);
    [[nodiscard]] QJSValue args() const { return m_args; }
    void setArgs(const QJSValue &args);
    [[nodiscard]] bool autoStart() const { return m_autoStart; }
    void setAutoStart(bool autoStart);
    [[nodiscard]] int priority() const { return m_priority.value_or(0); }
    void setPriority(int priority);
    void resetPriority();
    [[nodiscard]] Status status() const { return m_status; }
    [[nodiscard]] bool isRunning() const { return m_status == Running; }
    [[nodiscard]] QJSValue result() const { return m_hasResult ? m_result : m_placeholder; }
    [[nodiscard]] QJSValue placeholder() const { return m_placeholder; }
    void setPlaceholder(const QJSValue &placeholder);
    [[nodiscard]] QJSValue error() const { return m_error; }
    [[nodiscard]] QmlProgress progress() const { return m_progress; }

    using QObject::event;
    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    void clientChanged();
    void methodChanged();
    void argsChanged();
    void autoStartChanged();
    void optionsChanged();
    void statusChanged();
    void runningChanged();
    void resultChanged();
    void placeholderChanged();
    void errorChanged();
    void progressChanged();
    void finished(const QJSValue &result);
    void failed(const QJSValue &error);
    void canceled();
    void event(const QString &name, const QJSValue &args);

private:
    friend class CallOutcome;

    void restartLater();
    void restart();
    void begin(const CallSite &site);
    [[nodiscard]] CallRequest request(const CallSite &site) const;
    void dropRun();
    void keepFromCollection(bool keep);
    void take(const QVariant &result);
    void take(const Error &error);
    void take(const Progress &progress);
    void announceStart();
    void end(Status status, const QJSValue &result, const QJSValue &error);
    void setStatus(Status status);
    void setError(const QJSValue &error);
    void setResult(const QJSValue &result, bool hasResult);
    [[nodiscard]] bool isWatched() const;

    QPointer<QmlClient> m_client;
    QString m_method;
    QJSValue m_args;
    bool m_autoStart = false;
    int m_runTimeout = -1;
    int m_deadline = -1;
    std::optional<int> m_priority;
    Status m_status = Idle;
    QJSValue m_result;
    QJSValue m_placeholder;
    QJSValue m_error = QJSValue(QJSValue::NullValue);
    QmlProgress m_progress;
    std::shared_ptr<CallOutcome> m_run;
    bool m_hasResult = false;
    bool m_isComplete = false;
    bool m_isRestarting = false;
    bool m_isKept = false;
};

}

#endif
