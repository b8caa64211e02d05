// SPDX-License-Identifier: MIT
#include "wire/jsonprotocol_p.h"

#include "wire/callproblems_p.h"

#include <utility>

namespace Prefork::Wire {

Decoded JsonConnectionCodec::next(Incoming *message)
{
    Reply reply;
    const Decoded decoded = m_codec.next(&reply);
    if (decoded != Decoded::Message)
        return decoded;
    message->kind = reply.kind == Reply::Result ? Incoming::Result : Incoming::Failure;
    message->id = 0;
    message->failure = std::move(reply.failure);
    m_value = std::move(reply.value);
    return decoded;
}

ResultReading JsonConnectionCodec::readResult(detail::ResultHandler *handler, int steps, QString *problem)
{
    constexpr qint64 Large = 1024 * 1024;
    if (m_long || m_codec.memory().taken() >= Large) [[unlikely]]
        return readLarge(handler, steps, problem);
    const QVariant value = std::exchange(m_value, {});
    detail::MemoryMeter memory = m_codec.memory();
    if (!handler || handler->accept(value, &memory))
        return ResultReading::Taken;
    return refused(memory, detail::describe(value), problem);
}

ResultReading JsonConnectionCodec::readLarge(detail::ResultHandler *handler, int steps, QString *problem)
{
    if (!m_long)
        m_long = std::make_unique<LongReading>(handler, m_codec.memory(), detail::describe(m_value));
    if (m_long->handler != handler) // the call was given up meanwhile
        handler = nullptr;
    detail::StepState state = detail::StepState::Done;
    if (handler && m_long->steps)
        state = m_long->steps->convert(&m_value, &m_long->memory, &steps);
    else if (handler && !handler->accept(m_value, &m_long->memory))
        state = detail::StepState::Failed;
    if (state == detail::StepState::Working)
        return ResultReading::Unfinished;
    m_rest = std::exchange(m_value, {});
    const std::unique_ptr<LongReading> reading = std::move(m_long);
    return state == detail::StepState::Done ? ResultReading::Taken
                                            : refused(reading->memory, reading->description, problem);
}

ResultReading JsonConnectionCodec::refused(const detail::MemoryMeter &memory, const QString &description,
                                           QString *problem)
{
    *problem = memory.isOverrun() ? QStringLiteral("the result cannot be taken: ") + memory.errorString() : description;
    return memory.isOverrun() ? ResultReading::Refused : ResultReading::Misfit;
}

std::optional<QString> JsonProtocol::encodeCall(const detail::CallTarget &target,
                                                const detail::CallArguments &arguments, OutMessage *out)
{
    QVariantList items = arguments.toList();
    const qsizetype count = items.size();
    if (target.literal)
        items.prepend(QString::fromUtf8(target.literal));
    else if (!target.name.isNull())
        items.prepend(target.name);
    qsizetype failedItem = -1;
    const std::optional<QString> failure = m_encoder.encodeCall(items, &out->bytes, &failedItem);
    if (!failure)
        return {};
    const qsizetype before = items.size() - count; // 1 if the first item is the name of the method
    if (failedItem < 0)
        return encodingProblem({*failure});
    return failedItem < before ? nameProblem(*failure) : encodingProblem({*failure, int(failedItem - before) + 1});
}

}
