// SPDX-License-Identifier: MIT
#include "wire/codec_p.h"

#include "wire/jsonprotocol_p.h"
#include "wire/nativeprotocol_p.h"

namespace Prefork::Wire {

std::unique_ptr<ClientProtocol> ClientProtocol::make(Protocol protocol, qsizetype maxMessageSize, qint64 maxDecodedSize,
                                                     const std::shared_ptr<detail::TypeRegistry> &types)
{
    if (protocol == Protocol::Json)
        return std::make_unique<JsonProtocol>(maxMessageSize, maxDecodedSize);
    return std::make_unique<Native::NativeProtocol>(maxMessageSize, types, maxDecodedSize);
}

}
