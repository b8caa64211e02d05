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

bool JsonConnectionCodec::readResult(detail::ResultHandler *handler, std::optional<QString> *misfit)
{
    const QVariant value = std::exchange(m_value, {});
    if (handler && !handler->accept(value))
        *misfit = detail::describe(value);
    return true;
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
