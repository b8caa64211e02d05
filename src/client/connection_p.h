// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CONNECTION_P_H
#define QTPREFORK_CONNECTION_P_H

#include "client/stream_p.h"
#include "wire/codec_p.h"

#include <memory>

namespace Prefork {

/// One worker as the client knows it: a stream and the protocol spoken on it.
struct Connection
{
    Connection(quint64 id, std::shared_ptr<Stream> itsStream, std::unique_ptr<Wire::ClientCodec> itsCodec)
        : worker(id)
        , stream(std::move(itsStream))
        , codec(std::move(itsCodec))
    {
    }
    const quint64 worker;
    const std::shared_ptr<Stream> stream;
    const std::unique_ptr<Wire::ClientCodec> codec;
    quint64 callStart = 0; // of the last call, in bytes given to the stream
    bool ended = false; // at end of file, while its cause is being found out
    bool dropped = false; // no longer the pool's

    [[nodiscard]] bool isCallUnsent() const { return stream->bytesSent() <= callStart; }
};

}

#endif
