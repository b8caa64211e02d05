// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_QMLCLIENT_P_H
#define QTPREFORK_QML_QMLCLIENT_P_H

#include "callhandle_p.h"
#include "callrequest_p.h"
#include "clientsettings_p.h"
#include "forgottencheckouts_p.h"

#include <QtCore/QPointer>
#include <QtQml/QJSValue>
#include <QtQml/QQmlParserStatus>
#include <QtQml/qqmlregistration.h>

namespace Prefork::Qml {

class ImageServer;
class QmlCheckout;

/// This is the type `Client` of QML: a Prefork::Client whose address, zygote and options are properties. docs/qml.md is
/// its reference.
class QmlClient : public Prefork::Qml::ClientSettings, public QQmlParserStatus // in full, for qmltypes
{
    Q_OBJECT
    QML_NAMED_ELEMENT(Client)
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(QString address MEMBER m_address NOTIFY addressChanged FINAL)
    Q_PROPERTY(QString zygote MEMBER m_zygote NOTIFY zygoteChanged FINAL)
    Q_PROPERTY(bool images READ images WRITE setImages NOTIFY imagesChanged FINAL)
    Q_PROPERTY(State state READ state NOTIFY stateChanged FINAL)
    Q_PROPERTY(QString connectionError READ connectionError NOTIFY connectionErrorChanged FINAL)
    Q_PROPERTY(int workers READ workers NOTIFY workersChanged FINAL)
    Q_PROPERTY(int idleWorkers READ idleWorkers NOTIFY idleWorkersChanged FINAL)
    Q_PROPERTY(int waiting READ waiting NOTIFY waitingChanged FINAL)

public:
    enum State {
        Disconnected = Client::Disconnected,
        Connecting = Client::Connecting,
        Connected = Client::Connected,
        Closing = Client::Closing,
        Closed = Client::Closed,
    };
    Q_ENUM(State)

    explicit QmlClient(QObject *parent = nullptr);
    ~QmlClient() override;

    Q_INVOKABLE Prefork::Qml::CallHandle call(const QJSValue &method = {}, const QJSValue &args = {},
                                              const QJSValue &onResult = {}, const QJSValue &onError = {},
                                              const QJSValue &owner = {});
    Q_INVOKABLE QJSValue promise(const QJSValue &method = {}, const QJSValue &args = {}, const QJSValue &owner = {});
    Q_INVOKABLE QJSValue withCheckout(const QJSValue &f = {}, const QJSValue &options = {});
    Q_INVOKABLE Prefork::Qml::QmlCheckout *checkout(const QJSValue &options = {});
    Q_INVOKABLE void close(int deadline = 5000);
    Q_INVOKABLE void recycleWorkers();

    [[nodiscard]] bool images() const { return m_images; }
    void setImages(bool images);
    [[nodiscard]] State state() const { return m_state; }
    [[nodiscard]] QString connectionError() const { return m_connectionError; }
    [[nodiscard]] int workers() const { return m_workers; }
    [[nodiscard]] int idleWorkers() const { return m_idleWorkers; }
    [[nodiscard]] int waiting() const { return m_waiting; }

    /// Returns the client that makes the calls now. It is made when this is called for the first time.
    [[nodiscard]] Client *client();
    /// Returns the same client, or null if it has not been made yet.
    [[nodiscard]] Client *madeClient() const { return m_client; }
    /// Returns true in the destructor, where no code of the user may run.
    [[nodiscard]] bool isBeingDestroyed() const { return m_isBeingDestroyed; }
    [[nodiscard]] ForgottenCheckouts *forgottenCheckouts() { return &m_forgottenCheckouts; }

    void classBegin() override { }
    void componentComplete() override;

Q_SIGNALS:
    /// This signal is emitted when madeClient() has changed, before the properties follow.
    void clientMade();
    void addressChanged();
    void zygoteChanged();
    void imagesChanged();
    void stateChanged();
    void connectionErrorChanged();
    void workersChanged();
    void idleWorkersChanged();
    void waitingChanged();
    void closed();
    void unhandledError(const QJSValue &error);

private:
    void makeClient();
    void serveImages();
    void replaceLater();
    void replace();
    void refreshState();
    void refreshCounts();

    QString m_address;
    QString m_zygote;
    bool m_images = false;
    QPointer<Client> m_client;
    std::unique_ptr<ImageServer> m_imageServer;
    State m_state = Disconnected;
    QString m_connectionError;
    int m_workers = 0;
    int m_idleWorkers = 0;
    int m_waiting = 0;
    ForgottenCheckouts m_forgottenCheckouts;
    bool m_isComplete = false;
    bool m_isClosed = false;
    bool m_isReplacing = false;
    bool m_isBeingDestroyed = false;
};

}

#endif
