// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"

#include "frame/callframe_p.h"
#include "posix/clock_p.h"
#include "wire/callproblems_p.h"

#include <QtCore/QRandomGenerator>
#include <QtCore/QScopeGuard>

#include <algorithm>
#include <cstring>

namespace Prefork::Internal {

using Pooling::Action;
using Posix::now;

namespace {

// Users write the longest possible durations for "never"; those would not fit into nanoseconds.
Pooling::Duration bounded(std::chrono::milliseconds duration)
{
    constexpr std::chrono::milliseconds Century = std::chrono::hours(24 * 36525);
    return std::clamp(duration, -Century, Century);
}

Pooling::Options poolOptions(const ClientOptions &options)
{
    Pooling::Options pool;
    pool.minWorkers = options.minWorkers;
    pool.maxWorkers = options.maxWorkers;
    pool.timeout = bounded(options.timeout.value_or(std::chrono::seconds(30)));
    pool.isTimeoutImplied = !options.timeout;
    pool.cancelGrace = bounded(options.cancelGrace);
    pool.maxCheckouts = options.maxCheckouts;
    pool.reuseAfterError = options.reuseAfterError;
    pool.idleTimeout = bounded(options.idleTimeout);
    pool.maxQueued = options.maxQueued;
    pool.waitForServer = options.waitForServer;
    pool.window = options.maxInFlight;
    pool.oneShotDepth = options.oneShotDepth;
    pool.seed = QRandomGenerator::system()->generate();
    return pool;
}

// Returns whether a context object of the call lives in another thread.
bool isMisplaced(const detail::ResultHandler &handler, const detail::CallExtras *extras)
{
    return (handler.hasContext() && handler.isContextElsewhere())
        || (extras && extras->handlers && extras->handlers->isContextElsewhere());
}

}

ClientCore::ClientCore(const ClientOptions &options, std::unique_ptr<Transport> transport)
    : m_options(options)
    , m_frameName(options.name.isEmpty() ? QByteArrayLiteral("ANONYMOUS CLIENT") : options.name)
    , m_noMethod{nullptr, options.name.isEmpty() ? QByteArray() : QByteArrayLiteral("NO METHOD"), {}, 0}
    , m_protocol(Wire::ClientProtocol::make(options.protocol, options.maxMessageSize, options.maxDecodedSize, m_types))
    , m_pool(poolOptions(options))
    , m_turns(this, options.readBudget)
    , m_settler(this)
    , m_writer(this, &m_pool, options)
    , m_connections(this, &m_pool, std::move(transport))
    , m_reader(this, &m_pool)
    , m_observers(this, &m_pool)
{
    m_turns.watch();
    if (!m_turns.hasLoop())
        QMetaObject::invokeMethod(&m_turns, &Turns::watch, Qt::QueuedConnection);
}

ClientCore::~ClientCore() = default;

void ClientCore::refuseThread(const char *function)
{
    qFatal("%s was called in a wrong thread: a client and its checkouts belong to the thread that made the client",
           function);
}

void ClientCore::refuseMove(const char *className)
{
    qFatal(
        "a %s cannot be moved to another thread: a client and its checkouts belong to the thread that made the client",
        className);
}

void ClientCore::start()
{
    m_pool.start(now());
    perform(Settle::Later);
}

void ClientCore::setUnavailable(const QString &cause)
{
    m_pool.setUnavailable(Error(Error::Unavailable, cause), now());
    perform(Settle::Later);
}

void ClientCore::shutdown()
{
    const auto self = shared_from_this();
    m_settler.setSettlesAtOnce();
    m_turns.stop(); // after this thread has ended, a checkout may have this object destroyed in another thread
    m_pool.shutdown(Error(Error::Shutdown, QStringLiteral("the client was destroyed")), now());
    perform(Settle::Now);
    // Catchers may have made calls meanwhile. These are settled here, for there may be no event loop any more. The
    // rounds are limited, for a catcher may always call again.
    constexpr int MostRounds = 100;
    for (int round = 0; round < MostRounds && !m_settler.isEmpty(); ++round)
        m_settler.settleAll();
    m_settler.deleteLeftovers();
}

void ClientCore::close(std::chrono::milliseconds deadline)
{
    const auto longest = std::chrono::milliseconds::max();
    m_pool.close(Error(Error::Shutdown, QStringLiteral("the client was closed")),
                 now() + bounded(deadline.count() < 0 ? longest : deadline), now());
    perform(Settle::Later);
}

void ClientCore::recycle()
{
    m_connections.renewTransport();
    m_pool.recycle(now());
    perform(Settle::Later);
}

bool ClientCore::setProtocol(Protocol protocol)
{
    if (protocol == m_protocol->kind())
        return true;
    if (m_pool.openCount() > 0 || !m_callers.empty() || m_encoding > 0)
        return false;
    m_protocol = Wire::ClientProtocol::make(protocol, m_options.maxMessageSize, m_options.maxDecodedSize, m_types);
    m_pool.reconnect(now()); // a connection keeps the codec it was made with
    perform(Settle::Later);
    return true;
}

Client::State ClientCore::state() const
{
    if (m_pool.isClosed())
        return Client::Closed;
    if (m_pool.isClosing())
        return Client::Closing;
    if (m_pool.workerCount() > m_pool.connectingCount())
        return Client::Connected;
    if (m_pool.isUnavailable())
        return Client::Closed;
    return m_pool.wantsWorkers() ? Client::Connecting : Client::Disconnected;
}

CheckoutPtr ClientCore::checkout(const CheckoutOptions &options)
{
    const auto timeout = options.timeout ? std::optional(bounded(*options.timeout)) : std::nullopt;
    const int priority = options.priority.value_or(m_options.priority);
    const Pooling::CheckoutId id = m_pool.checkout({.timeout = timeout, .priority = priority}, now());
    const auto runTimeout = bounded(options.runTimeout.value_or(m_options.runTimeout));
    CheckoutPtr checkout = CheckoutPrivate::create(shared_from_this(), id, runTimeout);
    m_callers.emplace(id, checkout.get());
    perform(Settle::Later);
    return checkout;
}

// The forms of a name are made once for each method, not for each call.
const ClientCore::MethodName &ClientCore::methodName(const char *literal)
{
    const auto address = reinterpret_cast<quintptr>(literal);
    MethodName &name = m_typedMethods[(address ^ (address >> 6)) % m_typedMethods.size()];
    // A library may have been unloaded, and another one have a literal at the same address.
    if (name.literal != literal || std::strcmp(name.utf8.constData(), literal) != 0) {
        name = {literal, literal, QString::fromUtf8(literal)};
        name.id = m_pool.methodId(name.text);
    }
    return name;
}

const ClientCore::MethodName &ClientCore::methodName(const QString &text)
{
    const std::size_t ends = std::size_t(text.front().unicode() * 7 + text.back().unicode());
    MethodName &name = m_namedMethods[(ends + std::size_t(text.size()) * 3) % m_namedMethods.size()];
    if (name.text != text)
        name = {nullptr, text.toUtf8(), text, m_pool.methodId(text)};
    return name;
}

Pooling::CallOptions ClientCore::callOptions(Pooling::Duration runTimeout, const detail::CallExtras *extras)
{
    Pooling::CallOptions options{.runTimeout = runTimeout};
    if (!extras) [[likely]]
        return options;
    if (extras->options.runTimeout)
        options.runTimeout = bounded(*extras->options.runTimeout);
    if (extras->options.deadline)
        options.deadline = bounded(*extras->options.deadline);
    return options;
}

const ClientCore::MethodName &ClientCore::nameOf(const detail::CallTarget &target)
{
    return target.literal ? methodName(target.literal) : target.name.isEmpty() ? m_noMethod : methodName(target.name);
}

inline void ClientCore::fill(PendingCall *call, const MethodName &name, const detail::CallTarget &target,
                             std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras)
{
    const Frame own = handler->mayHaveFrame() ? handler->ownFrame() : Frame();
    const QByteArray &client = name.utf8.isEmpty() ? name.utf8 : m_frameName;
    call->frame = own.isNull() ? detail::CallFrame::create(client, name.utf8, target.location)
                               : detail::CallFrame::create(client, name.utf8, own, target.location);
    call->runsItself = !own.isNull();
    call->isNameless = &name == &m_noMethod;
    if (extras && extras->handlers)
        handler->listen(extras->handlers);
    call->handler = std::move(handler);
}

PendingCall ClientCore::makeCall(const detail::CallTarget &target, std::unique_ptr<detail::ResultHandler> handler,
                                 const detail::CallExtras *extras, Pooling::CallOptions *options)
{
    const MethodName &name = nameOf(target);
    options->method = name.id;
    PendingCall call;
    call.isMisplaced = isMisplaced(*handler, extras);
    fill(&call, name, target, std::move(handler), extras);
    return call;
}

bool ClientCore::callAtOnce(Checkout *checkout, const detail::CallTarget &target,
                            const detail::CallArguments &arguments, std::unique_ptr<detail::ResultHandler> *handler,
                            const detail::CallExtras *extras)
{
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    if (!arguments.isPlain() || d.isReleased || m_isPerforming || isMisplaced(**handler, extras))
        return false;
    const MethodName &name = nameOf(target);
    Pooling::CallOptions options = callOptions(d.runTimeout, extras);
    if (options.deadline < Pooling::Duration::zero()) // it must not be sent, and the pool knows that
        return false;
    options.method = name.id;
    const quint64 number = m_writer.callAtOnce(d.poolId, target, arguments, options);
    if (number == 0)
        return false;
    PendingCall &call = d.append(checkout);
    fill(&call, name, target, std::move(*handler), extras);
    call.number = number;
    noteWritten({d.poolId, call.id}, call);
    return true;
}

inline void ClientCore::noteWritten(const Pooling::CallRef &ref, const PendingCall &call)
{
    if (call.handler->hasFuture()) {
        m_writer.noteFuture(ref);
        m_turns.watchFuturesIn(Turns::FutureInterval);
    }
    if (m_changesSeen != m_pool.changes()) // the call may time out before the timer is due
        perform(Settle::Later);
}

Pooling::CheckoutId ClientCore::oneShotAtOnce(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                              std::unique_ptr<detail::ResultHandler> *handler,
                                              const detail::CallExtras *extras)
{
    if (!arguments.isPlain() || m_isPerforming || m_settler.settlesAtOnce() || isMisplaced(**handler, extras))
        return 0;
    const MethodName &name = nameOf(target);
    Pooling::CallOptions options = callOptions(bounded(m_options.runTimeout), extras);
    options.method = name.id;
    auto call = std::make_unique<PendingCall>();
    call->unsent = m_writer.takeUnsent(target);
    const Pooling::CheckoutId id
        = m_writer.oneShotAtOnce(target, arguments, oneShotOptions(extras), options, call->unsent.get(), &call->number);
    if (id == 0) {
        m_writer.forget(*call);
        return 0;
    }
    call->id = 1;
    fill(call.get(), name, target, std::move(*handler), extras);
    const PendingCall &pending = *m_callers.emplace(id, nullptr, std::move(call)).oneShot;
    noteWritten({id, 1}, pending);
    return id;
}

void ClientCore::call(Checkout &checkout, PendingCall &call, const Pooling::CallOptions &options)
{
    CheckoutPrivate &d = CheckoutPrivate::of(checkout);
    if (d.isReleased) {
        const Error error(Error::Shutdown, QStringLiteral("call on a released checkout"));
        m_observers.callRefused(call.method(), error);
        m_settler.add({.kind = Action::Fail, .checkout = d.poolId, .call = call.id, .error = error}, &checkout);
        call.unsent.reset();
        return;
    }
    [[maybe_unused]] const CallId id = m_pool.call(d.poolId, options, now());
    Q_ASSERT(id == call.id);
    accept(d.poolId, call);
    perform(Settle::Later);
}

Call ClientCore::oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments,
                         std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras)
{
    if (const Pooling::CheckoutId id = oneShotAtOnce(target, arguments, &handler, extras))
        return makeHandle(handleOf(id), 1, extras);
    Pooling::CallOptions options = callOptions(bounded(m_options.runTimeout), extras);
    PendingCall call = makeCall(target, std::move(handler), extras, &options);
    call.id = 1;
    encode(target, arguments, &call);
    const Pooling::CheckoutId id = m_pool.oneShot(oneShotOptions(extras), options, now());
    accept(id, *m_callers.emplace(id, nullptr, std::make_unique<PendingCall>(std::move(call))).oneShot);
    perform(Settle::Later);
    if (m_settler.settlesAtOnce()) { // user code that wrote arguments destroyed the client: the event keeps this alive
        QMetaObject::invokeMethod(
            this, [self = shared_from_this()] { self->m_settler.settleAll(); }, Qt::QueuedConnection);
    }
    return makeHandle(handleOf(id), 1, extras);
}

bool ClientCore::cancel(const Pooling::CallRef &call)
{
    if (!m_pool.cancel(call.checkout, call.call, now()))
        return m_settler.cancelRefused(call);
    const PendingCall *const pending = m_callers.find(call.checkout, call.call);
    if (pending && pending->handler->listening())
        pending->handler->listening()->isOver = true;
    perform(Settle::Later);
    return true;
}

bool ClientCore::isSettled(const Pooling::CallRef &call) const
{
    return !m_callers.find(call.checkout, call.call) && !m_settler.isAbout(call);
}

void ClientCore::encode(const detail::CallTarget &target, const detail::CallArguments &arguments, PendingCall *call)
{
    call->unsent = m_writer.takeUnsent(target);
    if (call->isMisplaced) {
        call->unsent->refusal = misplacedContext().message();
        return;
    }
    if (!arguments.isPlain()) {
        if (const QString refusal = arguments.refusal(); !refusal.isNull()) {
            call->unsent->refusal = refusal;
            return;
        }
    }
    ++m_encoding;
    const auto leave = qScopeGuard([this] { --m_encoding; });
    if (const auto problem = m_protocol->encodeCall(target, arguments, &call->unsent->message))
        call->unsent->refusal = *problem;
    else
        call->unsent->size = call->unsent->message.size();
}

// The pool has just accepted the call. If the call can never be sent, this tells the pool so.
void ClientCore::accept(Pooling::CheckoutId id, PendingCall &call)
{
    if (!call.unsent->refusal.isEmpty()) {
        m_pool.rejected(id, call.id, Error(Error::BadArguments, call.unsent->refusal), now());
        m_writer.noteRejection();
    } else if (const auto error = m_writer.accept(call)) {
        m_pool.abort(id, *error, now());
    } else {
        if (call.handler->hasFuture())
            m_turns.watchFuturesIn(Turns::FutureInterval);
    }
}

void ClientCore::release(Pooling::CheckoutId id)
{
    m_pool.release(id, now());
    perform(Settle::Later);
}

void ClientCore::abort(Pooling::CheckoutId id, const Error &error)
{
    m_pool.abort(id, error, now());
    perform(Settle::Later);
}

}
