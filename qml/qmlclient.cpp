// SPDX-License-Identifier: MIT
#include "qmlclient_p.h"

#include "imageserver_p.h"
#include "qmlcheckout_p.h"
#include "scriptcalls_p.h"
#include "scripterror_p.h"
#include "scripttools_p.h"

#include <QtPrefork/zygote.h>

#include <QtQml/QJSEngine>
#include <QtQml/QQmlEngine>

namespace Prefork::Qml {

QmlClient::QmlClient(QObject *parent)
    : ClientSettings(parent)
    , m_forgottenCheckouts(this)
{
    connect(this, &QmlClient::addressChanged, this, &QmlClient::replaceLater);
    connect(this, &QmlClient::zygoteChanged, this, &QmlClient::replaceLater);
    connect(this, &QmlClient::optionsChanged, this, &QmlClient::replaceLater);
}

// The calls under way fail now, while all members of this object still exist.
QmlClient::~QmlClient()
{
    m_isBeingDestroyed = true;
    m_imageServer.reset();
    const QList<Client *> clients = findChildren<Client *>(QString(), Qt::FindDirectChildrenOnly);
    for (Client *const client : clients)
        client->disconnect(this);
    qDeleteAll(clients);
}

void QmlClient::componentComplete()
{
    m_isComplete = true;
    static_cast<void>(client());
    if (!m_imageServer)
        serveImages();
}

void QmlClient::setImages(bool images)
{
    if (std::exchange(m_images, images) == images)
        return;
    Q_EMIT imagesChanged();
    serveImages();
}

// An Image that stands behind the Client in its file is complete before the Client, and looks for the provider then. So
// this does not wait until the Client is complete, if its engine is known before.
void QmlClient::serveImages()
{
    m_imageServer.reset();
    if (m_images && (m_isComplete || qmlEngine(this))) {
        m_imageServer = std::make_unique<ImageServer>(this);
        m_imageServer->open();
    }
}

Client *QmlClient::client()
{
    if (!m_client)
        makeClient();
    return m_client;
}

void QmlClient::makeClient()
{
    m_client = m_address.isEmpty() ? new Client(Zygote::find(m_zygote.toUtf8()), options(), this)
                                   : new Client(Address(m_address), options(), this);
    connect(m_client, &Client::stateChanged, this, &QmlClient::refreshState);
    connect(m_client, &Client::connectionFailed, this, &QmlClient::refreshState);
    connect(m_client, &Client::workerCountChanged, this, &QmlClient::refreshCounts);
    connect(m_client, &Client::idleWorkerCountChanged, this, &QmlClient::refreshCounts);
    connect(m_client, &Client::waitingCheckoutCountChanged, this, &QmlClient::refreshCounts);
    connect(m_client, &Client::closed, this, &QmlClient::closed);
    Q_EMIT clientMade();
    refreshState();
}

void QmlClient::replaceLater()
{
    if (m_client && !std::exchange(m_isReplacing, true))
        QMetaObject::invokeMethod(this, &QmlClient::replace, Qt::QueuedConnection);
}

// The old client ends when all its calls have settled, however long that takes.
void QmlClient::replace()
{
    m_isReplacing = false;
    if (m_isClosed)
        return;
    Client *const old = m_client;
    old->disconnect(this);
    connect(old, &Client::closed, old, &QObject::deleteLater);
    old->close(std::chrono::milliseconds(-1));
    makeClient();
}

void QmlClient::refreshState()
{
    const auto state = State(m_client->state());
    const QString error = m_client->connectionError();
    if (std::exchange(m_connectionError, error) != error)
        Q_EMIT connectionErrorChanged();
    if (std::exchange(m_state, state) != state)
        Q_EMIT stateChanged();
    refreshCounts();
}

void QmlClient::refreshCounts()
{
    const int workers = m_client->workerCount();
    const int idleWorkers = m_client->idleWorkerCount();
    const int waiting = m_client->waitingCheckoutCount();
    if (std::exchange(m_workers, workers) != workers)
        Q_EMIT workersChanged();
    if (std::exchange(m_idleWorkers, idleWorkers) != idleWorkers)
        Q_EMIT idleWorkersChanged();
    if (std::exchange(m_waiting, waiting) != waiting)
        Q_EMIT waitingChanged();
    m_forgottenCheckouts.look();
}

CallHandle QmlClient::call(const QJSValue &method, const QJSValue &args, const QJSValue &onResult,
                           const QJSValue &onError, const QJSValue &owner)
{
    QJSEngine *const engine = qjsEngine(this);
    const CallRequest request = readRequest(engine, method, args, owner, CallSite::current(engine, this));
    return callFromScript(
        this, engine, [this](const CallOptions &options) { return client()->with(options); }, request, onResult,
        onError);
}

QJSValue QmlClient::promise(const QJSValue &method, const QJSValue &args, const QJSValue &owner)
{
    QJSEngine *const engine = qjsEngine(this);
    const CallRequest request = readRequest(engine, method, args, owner, CallSite::current(engine, this));
    return promiseFromScript(
        this, engine, [this](const CallOptions &options) { return client()->with(options); }, request);
}

QmlCheckout *QmlClient::checkout(const QJSValue &options)
{
    QJSEngine *const engine = qjsEngine(this);
    return QmlCheckout::make(this, options, CallSite::current(engine, this));
}

QJSValue QmlClient::withCheckout(const QJSValue &f, const QJSValue &options)
{
    QJSEngine *const engine = qjsEngine(this);
    const CallSite site = CallSite::current(engine, this);
    return QmlCheckout::held(this, site, f, options);
}

void QmlClient::close(int deadline)
{
    m_isClosed = true;
    client()->close(std::chrono::milliseconds(deadline));
    refreshState();
}

void QmlClient::recycleWorkers()
{
    client()->recycleWorkers();
}

}
