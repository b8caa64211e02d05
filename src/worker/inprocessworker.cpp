// SPDX-License-Identifier: MIT
#include "worker/inprocessworker_p.h"

#include "wire/callproblems_p.h"

#include <QtPrefork/frame.h>

#include <QtCore/QMutexLocker>
#include <QtCore/QScopeGuard>

#include <algorithm>
#include <cstring>

namespace Prefork {

using namespace Internal;

namespace {

constexpr int StepsAtOnce = 2000; // any number will do: there is nothing else to do meanwhile

}

InProcessWorkerPrivate::InProcessWorkerPrivate(InterfacePrivate &interface, Protocol protocol)
    : m_interface(interface)
    , m_types(std::make_shared<detail::TypeRegistry>(detail::TypeRegistry::Owner::Client))
    , m_protocol(Wire::ClientProtocol::make(protocol, DefaultMaxMessageSize, DefaultMaxDecodedSize, m_types))
{
}

InProcessWorkerPrivate::~InProcessWorkerPrivate() = default;

void InProcessWorkerPrivate::run(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                 detail::ResultHandler *result)
{
    const QString method = target.literal ? QString::fromUtf8(target.literal) : target.name;
    const Frame frame = Frame::create({"IN-PROCESS WORKER", method.toUtf8()}, Frame::current(), target.location);
    // Like a client on a zygote, it knows the types that the interface has registered by now.
    m_types->assign(m_interface.types);
    Wire::OutMessage message;
    const QString refusal = arguments.refusal();
    const auto problem = refusal.isNull() ? m_protocol->encodeCall(target, arguments, &message)
                                          : std::nullopt; // an exception here is of the caller's own code, and passes
    try {
        mustBeIdle();
        if (!refusal.isNull())
            throw Error(Error::BadArguments, refusal);
        if (problem)
            throw Error(Error::BadArguments, *problem);
        call(target, &message, {method, result});
    } catch (...) {
        throw frame.traced(Error::fromCurrentException().withMethod(method));
    }
}

void InProcessWorkerPrivate::call(const detail::CallTarget &target, Wire::OutMessage *message, const Running &running)
{
    begin();
    if (const auto problem = problemOf(target, *message))
        throw Error(Error::BadArguments, *problem);

    m_running = running;
    const auto end = qScopeGuard([this] { m_running.reset(); });
    {
        const QMutexLocker locker(&m_mutex);
        m_callToCancel = ++m_lastCall;
        m_toRead.clear();
    }
    // Each call has a fate group of its own, so an error drops no other call.
    m_codec->address(message, m_lastCall, m_lastCall);
    const bool goesOn = serve(*message);
    {
        const QMutexLocker locker(&m_mutex);
        m_callToCancel = 0;
    }
    if (!goesOn)
        endSession();
    if (m_running->error)
        throw *m_running->error;
    if (!m_running->isAnswered)
        throw Wire::workerLost(QStringLiteral("ended: %1").arg(m_sessionError));
}

void InProcessWorkerPrivate::release()
{
    mustBeIdle();
    begin();
    QByteArray bytes;
    m_codec->encodeDone(m_lastCall, &bytes);
    if (m_session->serve(bytes))
        return;
    endSession();
    throw Error(m_sessionError);
}

bool InProcessWorkerPrivate::cancel()
{
    const QMutexLocker locker(&m_mutex);
    if (m_callToCancel == 0 || !m_codec->traits().cancels)
        return false;
    m_codec->encodeCancel(std::exchange(m_callToCancel, 0), &m_toRead);
    return true;
}

void InProcessWorkerPrivate::lookIfHandling()
{
    if (m_handling == QThread::currentThreadId())
        // The session shall look now, as if enough time had passed since its last look.
        m_session->look(ScoreboardPage::now() + LookEvery);
}

void InProcessWorkerPrivate::mustBeIdle() const
{
    if (m_running)
        throw Error(QStringLiteral("the in-process worker cannot do that while it runs '%1'").arg(m_running->method));
}

// Runs preload once, and begins a new session if there is none, as a client replaces a worker that has ended.
void InProcessWorkerPrivate::begin()
{
    if (m_interface.preload && !m_interface.hasPreloaded) {
        try {
            m_interface.preload();
        } catch (...) {
            throw Error(Error::Unavailable,
                        QStringLiteral("preload failed: %1").arg(Error::fromCurrentException().message()));
        }
        m_interface.hasPreloaded = true;
    }
    if (m_codec)
        return;
    m_codec = m_protocol->makeCodec();
    m_lastCall = 0;
    QByteArray greeting;
    const bool isGreeting = m_codec->greet(&greeting);
    const char first = isGreeting ? greeting.front() : '[';
    m_session = Session::make(first, m_interface, DefaultMaxMessageSize, &m_page, channel());
    m_session->useExistingApplication();
    static_cast<void>(m_session->serve(greeting));
}

void InProcessWorkerPrivate::endSession()
{
    m_sessionError = m_session->errorString();
    m_session.reset();
    m_codec.reset();
}

Channel InProcessWorkerPrivate::channel()
{
    Channel channel = [this](QByteArrayView bytes) { return hear(bytes), true; };
    channel.readNow = [this](std::span<char> into) {
        const QMutexLocker locker(&m_mutex);
        const qsizetype count = std::min(m_toRead.size(), qsizetype(into.size()));
        std::copy_n(m_toRead.constData(), count, into.data());
        m_toRead.remove(0, count);
        return count;
    };
    return channel;
}

std::optional<QString> InProcessWorkerPrivate::problemOf(const detail::CallTarget &target,
                                                         const Wire::OutMessage &message)
{
    if (target.signature) {
        if (auto problem = m_codec->mismatch(target.literal, *target.signature))
            return problem;
    }
    return Wire::sendingProblem(message, m_codec->traits());
}

bool InProcessWorkerPrivate::serve(const Wire::OutMessage &message)
{
    bool goesOn = true;
    const auto each = [&](QByteArrayView piece) { goesOn = goesOn && m_session->serve(piece); };
    Wire::forEachPiece(message.bytes, message.chunks, each, each);
    return goesOn;
}

// Decodes @p bytes, which the session has written.
void InProcessWorkerPrivate::hear(QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const std::span<char> into = m_codec->space();
        const qsizetype count = std::min(bytes.size(), qsizetype(into.size()));
        std::memcpy(into.data(), bytes.data(), std::size_t(count));
        m_codec->received(count);
        bytes = bytes.sliced(count);
        Wire::Incoming message;
        for (Wire::Decoded decoded = m_codec->next(&message);
             decoded == Wire::Decoded::Message || decoded == Wire::Decoded::Unfinished;
             decoded = m_codec->next(&message)) {
            if (decoded == Wire::Decoded::Message && m_running)
                take(message);
        }
    }
}

void InProcessWorkerPrivate::take(Wire::Incoming &message)
{
    switch (message.kind) {
    case Wire::Incoming::Result:
        takeResult();
        m_running->isAnswered = true;
        break;
    case Wire::Incoming::Failure:
        if (!m_running->error)
            m_running->error = Wire::toError(message.failure);
        break;
    case Wire::Incoming::Canceled:
        m_running->error = Error(Error::Canceled, QStringLiteral("the call was canceled"));
        break;
    case Wire::Incoming::Event:
    case Wire::Incoming::Progress:
        takeNotice(message);
        break;
    case Wire::Incoming::Hello:
    case Wire::Incoming::Released:
    case Wire::Incoming::Goodbye:
    case Wire::Incoming::Begun:
        break;
    }
}

void InProcessWorkerPrivate::takeResult()
{
    QString problem;
    Wire::ResultReading reading = Wire::ResultReading::Unfinished;
    while (reading == Wire::ResultReading::Unfinished)
        reading = m_codec->readResult(m_running->result, StepsAtOnce, &problem);
    if (m_running->error) // an event has failed the call before
        return;
    switch (reading) {
    case Wire::ResultReading::Taken:
    case Wire::ResultReading::Unfinished:
        break;
    case Wire::ResultReading::Refused:
        m_running->error = Wire::refusedResult(problem);
        break;
    case Wire::ResultReading::Misfit:
        m_running->error = Wire::misfitResult(m_running->method, problem, *m_running->result);
        break;
    case Wire::ResultReading::Malformed:
        m_running->error = Wire::brokenProtocol(problem);
        break;
    }
}

void InProcessWorkerPrivate::takeNotice(const Wire::Incoming &message)
{
    std::vector<std::unique_ptr<detail::CallNotice>> notices;
    if (message.kind == Wire::Incoming::Progress) {
        for (const auto &handler : handlers.progress)
            notices.push_back(handler->take(message.progress));
    } else {
        for (const auto &[name, handler] : handlers.events) {
            if (!name.isNull() && name != message.event)
                continue;
            detail::CborReader reader(message.arguments, m_types.get(), nullptr, DefaultMaxDecodedSize);
            notices.push_back(handler->read(message.event, reader, message.argumentCount));
            if (!notices.back()) {
                const auto [problem, isOfCall] = Wire::problemOfEvent(message, m_running->method, *handler, reader,
                                                                      *m_types, DefaultMaxDecodedSize);
                m_running->error = isOfCall ? Wire::refusedResult(problem) : Wire::brokenProtocol(problem);
                return;
            }
        }
    }
    // A handler is not part of the method.
    const Internal::RunningCall::Scope scope(m_session.get(), Internal::RunningCall::Nothing);
    m_handling = QThread::currentThreadId();
    for (const auto &notice : notices)
        Frame::current().runOrReport([&notice] { notice->deliver(); });
    m_handling = nullptr;
}

InProcessWorker::InProcessWorker(const Interface &interface, Protocol protocol)
    : d(std::make_unique<InProcessWorkerPrivate>(InterfacePrivate::of(interface), protocol))
{
}

InProcessWorker::~InProcessWorker() = default;

QVariant InProcessWorker::call(const MethodName &method, const Arguments &arguments)
{
    detail::KeptResult<QVariant> result;
    d->run({nullptr, method.name(), nullptr, method.location()}, detail::ListedArguments(arguments.toList()), &result);
    return result.take();
}

QVariant InProcessWorker::callFunction(const FunctionArguments &arguments)
{
    detail::KeptResult<QVariant> result;
    d->run({nullptr, {}, nullptr, arguments.location()}, detail::ListedArguments(arguments.toList()), &result);
    return result.take();
}

void InProcessWorker::release()
{
    d->release();
}

bool InProcessWorker::cancel()
{
    const bool isTold = d->cancel();
    if (isTold)
        d->lookIfHandling();
    return isTold;
}

void InProcessWorker::run(const detail::CallTarget &target, const detail::CallArguments &arguments,
                          detail::ResultHandler *result)
{
    d->run(target, arguments, result);
}

detail::CallHandlers &InProcessWorker::handlers()
{
    return d->handlers;
}

}
