// SPDX-License-Identifier: MIT
#include "qmlcheckout_p.h"

#include "fromscript_p.h"
#include "qmlclient_p.h"
#include "readoptions_p.h"
#include "scriptcalls_p.h"
#include "scripterror_p.h"
#include "scripttools_p.h"

#include <QtQml/QJSEngine>

namespace Prefork::Qml {

namespace {

struct Wishes
{
    CheckoutOptions options = {};
    QPointer<QObject> owner = {};
    QString problem = {};
};

Wishes readWishes(QJSEngine *engine, const QJSValue &given)
{
    Wishes wishes;
    wishes.problem = readOwnerOrOptions(engine, given, &wishes.owner, [&](const QString &name, const QJSValue &value) {
        if (name == QLatin1StringView("timeout"))
            return readTime(engine, name, value, &wishes.options.timeout);
        if (name == QLatin1StringView("runTimeout"))
            return readTime(engine, name, value, &wishes.options.runTimeout);
        if (name == QLatin1StringView("priority"))
            return readInteger(engine, name, value, &wishes.options.priority);
        return noSuchOption(name);
    });
    return wishes;
}

}

QmlCheckout *QmlCheckout::make(QmlClient *client, const QJSValue &options, const CallSite &site)
{
    const Wishes wishes = readWishes(qjsEngine(client), options);
    auto *const checkout = new QmlCheckout(client, wishes.options, site);
    checkout->m_problem = wishes.problem;
    if (wishes.owner)
        connect(wishes.owner, &QObject::destroyed, checkout, &QmlCheckout::release);
    return checkout;
}

QmlCheckout::QmlCheckout(QmlClient *client, const CheckoutOptions &options, const CallSite &site)
    : m_client(client)
    , m_engine(qjsEngine(client))
    , m_site(site)
    , m_checkout(client->client()->checkout(options))
{
    const Checkout *const checkout = m_checkout.get();
    connect(checkout, &Checkout::finished, this, &QmlCheckout::noteCall);
    connect(checkout, &Checkout::errored, this, &QmlCheckout::noteCall);
    connect(checkout, &Checkout::canceled, this, &QmlCheckout::noteCall);
    connect(checkout, &Checkout::released, this, &QmlCheckout::noteCall);
    client->forgottenCheckouts()->add(this);
    noteCall();
}

// The warning waits for the event loop, because no JavaScript may run during a collection.
QmlCheckout::~QmlCheckout()
{
    disconnect(m_ownerIsGone);
    if (!m_client)
        return;
    m_client->forgottenCheckouts()->remove(this);
    if (isReleased() || m_checkout->error())
        return;
    QMetaObject::invokeMethod(
        m_client,
        [engine = m_engine, place = m_site.place] {
            if (engine)
                warnAt(engine, place,
                       QStringLiteral("a checkout that was made here was forgotten without release(), and has kept its "
                                      "worker until now; withCheckout() releases by itself"));
        },
        Qt::QueuedConnection);
}

QJSValue QmlCheckout::held(QmlClient *client, const CallSite &site, const QJSValue &function, const QJSValue &options)
{
    QJSEngine *const engine = qjsEngine(client);
    ScriptTools *const tools = ScriptTools::of(engine);
    const ScriptTools::Promise promise
        = tools->makePromise(client, site.place, QStringLiteral("the promise of withCheckout() was rejected"));
    const auto reject = [tools, engine, site, promise](const Error &error) {
        static_cast<void>(tools->attempt(promise.reject, {toScriptError(engine, site, error)}));
    };
    const Wishes wishes = readWishes(engine, options);
    if (!wishes.problem.isEmpty()) {
        reject(Error(Error::BadArguments, wishes.problem));
    } else if (!function.isCallable()) {
        reject(Error(Error::BadArguments,
                     QStringLiteral("withCheckout() takes a function, but this is %1")
                         .arg(FromScript::describe(engine, function))));
    } else {
        auto *const checkout = new QmlCheckout(client, wishes.options, site);
        if (wishes.owner) // as long as the checkout is not released, and the engine lives
            checkout->m_ownerIsGone = connect(wishes.owner, &QObject::destroyed, tools, [reject] {
                reject(canceled({}, QStringLiteral("its owner was destroyed")));
            });
        tools->hold(engine->newQObject(checkout), function, promise);
    }
    return promise.promise;
}

CallRequest QmlCheckout::read(const QJSValue &method, const QJSValue &args, const QJSValue &owner) const
{
    CallRequest request = readRequest(m_engine, method, args, owner, CallSite::current(m_engine, m_client));
    if (request.problem.isEmpty())
        request.problem = m_problem;
    return request;
}

CallHandle QmlCheckout::call(const QJSValue &method, const QJSValue &args, const QJSValue &onResult,
                             const QJSValue &onError, const QJSValue &owner)
{
    const CallHandle handle = callFromScript(
        m_client, m_engine, [this](const CallOptions &options) { return m_checkout->with(options); },
        read(method, args, owner), onResult, onError);
    noteCall();
    return handle;
}

QJSValue QmlCheckout::promise(const QJSValue &method, const QJSValue &args, const QJSValue &owner)
{
    const QJSValue promise = promiseFromScript(
        m_client, m_engine, [this](const CallOptions &options) { return m_checkout->with(options); },
        read(method, args, owner));
    noteCall();
    return promise;
}

void QmlCheckout::release()
{
    disconnect(m_ownerIsGone);
    m_checkout->release();
    noteCall();
}

void QmlCheckout::abort(const QString &reason)
{
    m_checkout->abort(reason);
    noteCall();
}

bool QmlCheckout::seemsForgotten() const
{
    return !isReleased() && pendingCalls() == 0 && m_idle.elapsed() >= ForgottenAfter.count();
}

void QmlCheckout::noteCall()
{
    m_idle.start();
    if (!std::exchange(m_isNoted, true))
        QMetaObject::invokeMethod(this, &QmlCheckout::refresh, Qt::QueuedConnection);
}

void QmlCheckout::refresh()
{
    m_isNoted = false;
    const std::optional<Error> error = m_checkout->error();
    if (error && m_error.isNull() && m_engine) {
        m_error = toScriptError(m_engine, m_site, *error);
        Q_EMIT errorChanged();
    }
    Q_EMIT pendingCallsChanged();
    if (std::exchange(m_wasReleased, isReleased()) != isReleased())
        Q_EMIT releasedChanged();
}

}
