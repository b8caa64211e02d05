// SPDX-License-Identifier: MIT
#include <QtPrefork/client.h>
#include <QtPrefork/workermodel.h>

#include "client/clientcore_p.h"
#include "client/count_p.h"
#include "zygote/zygote_p.h"

#include <QtCore/QEvent>
#include <QtCore/QMetaMethod>
#include <QtCore/QThread>

namespace Prefork {

using namespace Internal;

namespace {

std::shared_ptr<ClientCore> startCore(const ClientOptions &options, std::unique_ptr<Transport> transport,
                                      const QString &error)
{
    auto core = std::make_shared<ClientCore>(options, std::move(transport));
    const QString problem = error.isEmpty() ? Wire::limitProblem(options.maxMessageSize) : error;
    if (problem.isEmpty())
        core->start();
    else
        core->setUnavailable(problem);
    return core;
}

QString errorOf(const Zygote *zygote)
{
    if (!zygote)
        return noZygote();
    return zygote->errorString();
}

std::unique_ptr<Transport> transportTo(const Zygote *zygote)
{
    return zygote && zygote->isValid() ? Transport::make(ZygotePrivate::of(*zygote).channel) : nullptr;
}

}

Client::Client(const Address &address, const ClientOptions &options, QObject *parent)
    : QObject(parent)
    , d(startCore(options, address.isValid() ? Transport::make(address, options.servers) : nullptr,
                  address.errorString()))
    , m_address(address)
{
    init();
}

Client::Client(Zygote *zygote, const ClientOptions &options, QObject *parent)
    : QObject(parent)
    , d(startCore(options, transportTo(zygote), errorOf(zygote)))
{
    if (zygote)
        d->types().assign(ZygotePrivate::of(*zygote).types);
    init();
}

bool Client::flush()
{
    d->mustBeInThread("Prefork::Client::flush()");
    return d->flush();
}

void Client::close(std::chrono::milliseconds deadline)
{
    d->mustBeInThread("Prefork::Client::close()");
    d->close(deadline);
}

void Client::recycleWorkers()
{
    d->mustBeInThread("Prefork::Client::recycleWorkers()");
    d->recycle();
}

Client::State Client::state() const
{
    d->mustBeInThread("Prefork::Client::state()");
    return d->state();
}

void Client::init()
{
    connect(d.get(), &ClientCore::connectionFailed, this, &Client::connectionFailed);
    connect(d.get(), &ClientCore::stateChanged, this, &Client::stateChanged);
    connect(d.get(), &ClientCore::closed, this, &Client::closed);
    connect(d.get(), &ClientCore::protocolRefused, this, &Client::protocolRefused);
    connect(d.get(), &ClientCore::bytesWritten, this, &Client::bytesWritten);
    connect(d.get(), &ClientCore::workerCountChanged, this, &Client::workerCountChanged);
    connect(d.get(), &ClientCore::idleWorkerCountChanged, this, &Client::idleWorkerCountChanged);
    connect(d.get(), &ClientCore::waitingCheckoutCountChanged, this, &Client::waitingCheckoutCountChanged);
    connect(d.get(), &ClientCore::pendingCallCountChanged, this, &Client::pendingCallCountChanged);
}

bool Client::event(QEvent *event)
{
    if (event->type() == QEvent::ThreadChange)
        ClientCore::refuseMove("Prefork::Client");
    return QObject::event(event);
}

Client::~Client()
{
    if (thread() && !thread()->isFinished())
        d->mustBeInThread("Prefork::Client::~Client()");
    d->disconnect(this);
    d->shutdown();
    d->observers().letGo();
}

CheckoutPtr Client::checkout(const CheckoutOptions &options)
{
    d->mustBeInThread("Prefork::Client::checkout()");
    return d->checkout(options);
}

Call Client::oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments,
                     std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras)
{
    d->mustBeInThread("Prefork::Client::call()");
    const auto core = arguments.isPlain() ? nullptr : d; // user code that writes arguments may destroy this client
    return d->oneShot(target, arguments, std::move(handler), extras);
}

bool Client::registerMetaType(const QByteArray &name, QMetaType type)
{
    d->mustBeInThread("Prefork::Client::registerType()");
    const QString problem = d->types().problemOf(name, type);
    if (!problem.isEmpty())
        qWarning("Prefork::Client::registerType(): %s", qPrintable(problem));
    return d->types().add(name, type);
}

void Client::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&Client::bytesWritten))
        d->writer().reportWrites();
    const bool isCount = signal == QMetaMethod::fromSignal(&Client::workerCountChanged)
        || signal == QMetaMethod::fromSignal(&Client::idleWorkerCountChanged)
        || signal == QMetaMethod::fromSignal(&Client::waitingCheckoutCountChanged)
        || signal == QMetaMethod::fromSignal(&Client::pendingCallCountChanged);
    if (isCount)
        d->observers().watchCounts();
}

bool Client::setProtocol(Protocol protocol)
{
    d->mustBeInThread("Prefork::Client::setProtocol()");
    return d->setProtocol(protocol);
}

Protocol Client::protocol() const
{
    d->mustBeInThread("Prefork::Client::protocol()");
    return d->protocol();
}

Address Client::address() const
{
    d->mustBeInThread("Prefork::Client::address()");
    return m_address;
}

QString Client::connectionError() const
{
    d->mustBeInThread("Prefork::Client::connectionError()");
    return d->connections().error();
}

int Client::workerCount() const
{
    d->mustBeInThread("Prefork::Client::workerCount()");
    return toCount(d->pool().workerCount());
}

int Client::idleWorkerCount() const
{
    d->mustBeInThread("Prefork::Client::idleWorkerCount()");
    return toCount(d->pool().idleCount());
}

qint64 Client::bytesToWrite() const
{
    d->mustBeInThread("Prefork::Client::bytesToWrite()");
    return d->writer().bytesToWrite();
}

int Client::waitingCheckoutCount() const
{
    d->mustBeInThread("Prefork::Client::waitingCheckoutCount()");
    return toCount(d->pool().waitingCount());
}

int Client::pendingCallCount() const
{
    d->mustBeInThread("Prefork::Client::pendingCallCount()");
    return toCount(d->pendingCallCount());
}

WorkerModel *Client::workerModel()
{
    d->mustBeInThread("Prefork::Client::workerModel()");
    QPointer<QObject> &model = d->observers().workerModel;
    if (!model)
        model = new WorkerModel(this, this);
    return static_cast<WorkerModel *>(model.data());
}

}
