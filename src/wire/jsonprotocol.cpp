// SPDX-License-Identifier: MIT
#include "wire/jsonprotocol_p.h"

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

ResultReading JsonConnectionCodec::readResult(detail::ResultHandler *handler, int, QString *problem)
{
    constexpr qint64 Large = 1024 * 1024;
    const QVariant value = std::exchange(m_value, {});
    detail::MemoryMeter memory = m_codec.memory();
    if (memory.taken() >= Large)
        m_rest = value;
    if (!handler || handler->accept(value, &memory))
        return ResultReading::Taken;
    if (memory.isOverrun()) {
        *problem = memory.errorString();
        return ResultReading::TooLarge;
    }
    *problem = detail::describe(value);
    return ResultReading::Misfit;
}

std::optional<QString> JsonProtocol::encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments, OutMessage *out)
{
    QVariantList items = arguments.toList();
    if (target.literal)
        items.prepend(QString::fromUtf8(target.literal));
    else if (!target.name.isNull())
        items.prepend(target.name);
    return m_encoder.encodeCall(items, &out->bytes);
}

}
