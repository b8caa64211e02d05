// SPDX-License-Identifier: MIT
#include "worker/jsonsession_p.h"

namespace Prefork::Internal {

namespace {

QByteArray titleOf(const QVariantList &items)
{
    if (!items.isEmpty() && items.first().typeId() == QMetaType::QString)
        return items.first().toString().toUtf8();
    return QByteArrayLiteral("(function call)");
}

}

JsonSession::JsonSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page, Channel channel,
                         qint64 maxDecodedSize)
    : Session(interface, page, std::move(channel))
    , m_codec(maxMessageSize, maxDecodedSize)
{
    page->protocol.store(ScoreboardPage::Json, std::memory_order_relaxed);
}

bool JsonSession::received(qsizetype count)
{
    m_codec.feed({m_buffer.data(), count});
    m_heard += count;
    Wire::Request request;
    for (;;) {
        switch (m_codec.next(&request)) {
        case Wire::Decoded::Nothing:
            return true;
        case Wire::Decoded::Broken:
            return fail(m_codec.errorString());
        case Wire::Decoded::Unfinished:
            continue;
        case Wire::Decoded::Message:
            break;
        }
        m_hasHeard = true;
        m_page->enter(ScoreboardPage::Busy);
        noteSize(std::exchange(m_heard, 0));
        const bool isCall = request.kind != Wire::Request::Done;
        m_page->held.store(isCall, std::memory_order_relaxed);
        bool goesOn = isCall ? serveCall(request) : runCheckoutDone();
        if (goesOn && hasApplication())
            goesOn = deliverEvents();
        m_page->enter(ScoreboardPage::Idle);
        if (!goesOn)
            return false;
    }
}

bool JsonSession::serveCall(const Wire::Request &request)
{
    m_page->setMethod(titleOf(request.items));
    m_page->lastStarted.fetch_add(1, std::memory_order_relaxed);
    QByteArray reply;
    answer(request, &reply);
    RunningCall::end();
    m_page->served.fetch_add(1, std::memory_order_relaxed);
    noteSize(reply.size());
    beginWriting();
    const bool delivered = m_channel.write(reply);
    endWriting();
    return delivered;
}

void JsonSession::look(qint64 now)
{
    if (now - m_lastLook < LookEvery || !m_channel.hasHungUp)
        return;
    m_lastLook = now;
    if (m_channel.hasHungUp(false))
        RunningCall::cancel();
}

void JsonSession::answer(const Wire::Request &request, QByteArray *reply)
{
    try {
        ensureSetUp();
        if (!request.refusal.isEmpty())
            throw Error(Error::BadArguments, QStringLiteral("the arguments cannot be taken: %1").arg(request.refusal));
        detail::MemoryMeter memory = m_codec.memory();
        const RunningCall::Scope scope(this, RunningCall::Method);
        const QVariant result = m_interface.invoke(request.items, memory);
        RunningCall::hasReturned();
        if (const auto failure = m_codec.encodeResult(result, reply))
            throw Error(QStringLiteral("the result cannot be sent: %1").arg(*failure));
    } catch (...) {
        const Error error = Error::fromCurrentException();
        m_codec.encodeFailure(error.message(), codeName(error.code()), error.data(), reply);
    }
}

}
