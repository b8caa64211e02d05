// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"
#include "client/freedblocks_p.h"
#include "client/refusedresult_p.h"
#include "posix/clock_p.h"
#include "wire/callproblems_p.h"

namespace Prefork::Internal {

using Posix::now;
using Posix::roughNow;
using Settle = ClientCore::Settle;

namespace {

constexpr int StepsAtOnce = 2000; // values that are read before the clock is asked again

bool isNext(const Connection &connection, const Wire::Incoming &message)
{
    return connection.inFlight() > 0 && (!connection.traits.pipelines || message.id == connection.lastAnswered + 1);
}

// After the client has refused a call's result, the worker still answers the calls behind it: it knows of no error.
bool isIgnored(Connection &connection, const Wire::Incoming &message)
{
    if (!connection.traits.pipelines || message.id <= connection.lastIgnored || message.id > connection.ignoreUpTo)
        return false;
    connection.lastIgnored = message.id;
    return true;
}

}

bool Reader::takePlainResult(Connection &connection, quint64 id)
{
    Settler &settler = m_core->settler();
    if (!connection.traits.pipelines || id != connection.lastAnswered + 1 || id > connection.lastSent
        || !settler.isEmpty())
        return false;
    const auto answer = m_pool.plainAnswer(connection.worker);
    Caller *const caller = answer ? m_core->callers().find(answer->call.checkout) : nullptr;
    const PendingCall *const call = caller ? caller->find(answer->call.call) : nullptr;
    if (!call || !call->handler->isPlain() || !connection.codec->readPlainly(call->handler.get()))
        return false;
    ++connection.lastAnswered;
    settlePlainly(*answer, caller, m_pool.countsRuns() ? now() : m_core->turns().rough);
    return true;
}

void Reader::settlePlainly(const Pooling::Pool::PlainAnswer &answer, Caller *caller, Pooling::Time time)
{
    const Pooling::CallRef ref = answer.call;
    Settler &settler = m_core->settler();
    m_pool.repliedPlainly(answer, time);
    if (caller->oneShot) {
        const std::unique_ptr<PendingCall> call = std::move(caller->oneShot);
        m_core->callers().erase(ref.checkout);
        settler.settleOneShot(*call);
        return;
    }
    Checkout *const checkout = caller->checkout;
    m_core->perform(Settle::Later);
    settler.settleResult(checkout, ref.call);
}

void Reader::take(const ConnectionPtr &connection, Wire::Incoming &message)
{
    switch (message.kind) {
    case Wire::Incoming::Hello:
        m_core->connections().becomeReady(connection);
        break;
    case Wire::Incoming::Result:
    case Wire::Incoming::Failure:
    case Wire::Incoming::Canceled:
        takeAnswer(connection, message);
        break;
    case Wire::Incoming::Released:
        if (!m_pool.released(connection->worker, now())) {
            m_core->connections().breakOff(connection, QStringLiteral("the acknowledgement of a release that was not"));
            return;
        }
        m_core->perform(Settle::Now);
        break;
    case Wire::Incoming::Goodbye:
        m_core->connections().onGoodbye(connection, message);
        break;
    case Wire::Incoming::Event:
    case Wire::Incoming::Progress:
    case Wire::Incoming::Begun:
        takeNotice(connection, message);
        break;
    }
}

void Reader::takeAnswer(const ConnectionPtr &connection, const Wire::Incoming &message)
{
    const auto ref = m_pool.callOf(connection->worker);
    if (!ref || !isNext(*connection, message)) {
        if (!isIgnored(*connection, message))
            m_core->connections().breakOff(connection, QStringLiteral("a reply nobody asked for"));
        return;
    }
    ++connection->lastAnswered;
    const bool isNumbered = connection->traits.pipelines;
    const Pooling::Time time = m_pool.countsRuns() ? now()
        : isNumbered                               ? m_core->turns().rough
                                                   : roughNow(); // decoding JSON may have taken long
    if (message.kind == Wire::Incoming::Result) [[likely]] {
        if (!takeResult(connection, *ref, time))
            return;
    } else if (message.kind == Wire::Incoming::Failure) {
        takeFailure(*connection, *ref, message.failure, time);
    } else if (!m_pool.gaveUp(connection->worker, *ref, message.hadBegun, time)) {
        --connection->lastAnswered;
        m_core->connections().breakOff(connection, QStringLiteral("a call canceled that nobody canceled"));
        return;
    } else if (!message.hadBegun) {
        ++connection->neverRan;
    }
    if (auto waste = connection->codec->takeWaste()) {
        m_core->settler().discard(std::move(waste));
        m_core->settler().expectLarge(); // The handler of the call holds a copy, which is destroyed in steps too.
    }
    if (!isNumbered && connection->codec->hasRest()) { // this cannot be the next call's reply, for that was not sent
        m_core->connections().breakOff(connection, QStringLiteral("a reply nobody asked for"),
                                       Connections::NextCall::Unsent);
        return;
    }
    m_core->perform(Settle::Now);
}

// Only the call that runs can send a notice, and that is the oldest. Notices of calls behind a refused result are
// ignored.
void Reader::takeNotice(const ConnectionPtr &connection, const Wire::Incoming &message)
{
    const auto ref = m_pool.callOf(connection->worker);
    if (!ref || !isNext(*connection, message)) {
        if (message.id <= connection->lastIgnored || message.id > connection->ignoreUpTo)
            m_core->connections().breakOff(connection, QStringLiteral("an event of a call that cannot be running"));
        return;
    }
    if (message.kind == Wire::Incoming::Begun) {
        m_pool.begun(connection->worker, *ref, now());
        m_core->perform(Settle::Later);
        return;
    }
    if (m_pool.countsRuns())
        m_pool.noticeArrived(connection->worker, *ref, now());
    const PendingCall *const call = m_core->callers().find(ref->checkout, ref->call);
    if (const QString problem = call ? hearNotice(*ref, *call, message) : QString(); !problem.isNull()) {
        m_core->connections().breakOff(connection, problem);
        return;
    }
    m_core->perform(Settle::Now);
}

// An event of the call could not be read. The call goes on, for only its worker can end it, but its result will be
// refused when it comes.
void Reader::refuseResultLater(const Pooling::CallRef &ref, const QString &problem)
{
    PendingCall *const call = m_core->callers().find(ref.checkout, ref.call);
    if (!call) // the code of a registered type, which read the event, has settled the call
        return;
    if (call->handler->listening())
        call->handler->listening()->isOver = true;
    call->handler = std::make_unique<RefusedResult>(std::move(call->handler), problem);
}

// Gives a notice to the handlers that listen to the call. Returns why the connection has to end; null if it need not.
// Reading an event may run code of a registered type, which may settle the call.
QString Reader::hearNotice(const Pooling::CallRef &ref, const PendingCall &call, const Wire::Incoming &message)
{
    const QString method = call.method();
    if (message.kind == Wire::Incoming::Progress)
        call.handler->setProgress(message.progress);
    const detail::ListeningPtr listening = call.handler->listening();
    if (!listening)
        return {};
    const auto add = [&, frame = call.frame](std::unique_ptr<detail::CallNotice> what) {
        m_core->settler().add(ref, std::make_unique<Notice>(Notice{std::move(what), listening, frame}));
    };
    if (message.kind == Wire::Incoming::Progress) {
        for (const auto &handler : listening->handlers->progress)
            add(handler->take(message.progress));
        return {};
    }
    for (const auto &[name, handler] : listening->handlers->events) {
        if (!name.isNull() && name != message.event)
            continue;
        detail::CborReader reader(message.arguments, &m_core->types(), nullptr, m_core->maxDecodedSize());
        auto notice = handler->read(message.event, reader, message.argumentCount);
        if (!notice) {
            const auto [problem, isOfCall]
                = Wire::problemOfEvent(message, method, *handler, reader, m_core->types(), m_core->maxDecodedSize());
            if (!isOfCall)
                return problem;
            refuseResultLater(ref, problem);
            return {};
        }
        add(std::move(notice));
    }
    return {};
}

void Reader::takeFailure(Connection &connection, const Pooling::CallRef &ref, const Wire::FailureText &failure,
                         Pooling::Time time)
{
    if (!m_pool.isShared(connection.worker)) { // the worker drops the others of the group
        connection.neverRan += connection.lastSent - connection.lastAnswered;
        connection.lastAnswered = connection.lastSent;
    }
    static_cast<void>(m_pool.failed(connection.worker, ref, Wire::toError(failure), time));
}

// Returns false if the caller has nothing more to do for this answer.
bool Reader::takeResult(const ConnectionPtr &connection, const Pooling::CallRef &ref, Pooling::Time time)
{
    PendingCall *const call = m_core->callers().find(ref.checkout, ref.call);
    QString problem;
    switch (connection->codec->readResult(call ? call->handler.get() : nullptr, StepsAtOnce, &problem)) {
    case Wire::ResultReading::Taken:
        if (connection->traits.pipelines && m_core->settler().isEmpty()) {
            const auto answer = m_pool.plainAnswer(connection->worker); // reading may have run code of the user's
            Caller *const caller = answer && answer->call == ref ? m_core->callers().find(ref.checkout) : nullptr;
            if (caller && caller->find(ref.call)) {
                settlePlainly(*answer, caller, time);
                return false;
            }
        }
        static_cast<void>(m_pool.replied(connection->worker, ref, time));
        return true;
    case Wire::ResultReading::Refused:
        refuseResult(*connection, ref, Wire::refusedResult(problem), time);
        return true;
    case Wire::ResultReading::Misfit:
        refuseResult(*connection, ref, Wire::misfitResult(call->method(), problem, *call->handler), time);
        return true;
    case Wire::ResultReading::Unfinished:
        --connection->lastAnswered;
        connection->isUnfinished = true;
        m_core->settler().expectLarge();
        return false;
    case Wire::ResultReading::Malformed:
        break;
    }
    --connection->lastAnswered;
    m_core->connections().breakOff(connection, problem);
    return false;
}

// Fails the call although the worker knows of no error. The worker also answers the calls behind it: those answers will
// be ignored.
void Reader::refuseResult(Connection &connection, const Pooling::CallRef &ref, const Error &error, Pooling::Time time)
{
    if (!m_pool.isShared(connection.worker)) {
        connection.lastIgnored = connection.lastAnswered;
        connection.ignoreUpTo = connection.lastAnswered = connection.lastSent;
    }
    static_cast<void>(m_pool.failed(connection.worker, ref, error, time));
}

// Goes on reading a large result that was read in part, if there is one. Returns false if the budget is used up before
// its end. The result need not belong to the message that was handled last: the callback of that one may have turned an
// event loop, and the loop may have begun with the next result.
bool Reader::finishResult(const ConnectionPtr &connection)
{
    for (bool isFirst = true; connection->isUnfinished && !connection->dropped; isFirst = false) {
        if (!isFirst && isTimeOver())
            return false;
        connection->isUnfinished = false;
        Wire::Incoming message;
        message.kind = Wire::Incoming::Result;
        message.id = connection->lastAnswered + 1;
        const ConnectionPtr *const outer = std::exchange(m_handling, &connection);
        takeAnswer(connection, message);
        m_handling = outer;
        joinFreedBlocks();
    }
    return true;
}

}
