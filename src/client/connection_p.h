// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CONNECTION_P_H
#define QTPREFORK_CONNECTION_P_H

#include "client/stream_p.h"
#include "wire/codec_p.h"

#include <memory>

namespace Prefork::Internal {

/// The client's connection to one worker: its stream, the codec of the protocol spoken on it, and what is known of the
/// calls in flight on it. Connections owns it; Reader and Writer keep their counts in it.
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
    Wire::WorkerTraits traits;
    bool isReady = false; // the worker has said hello, or its protocol has no hello
    quint64 lastSent = 0; // number of the last call that was written
    quint64 lastAnswered = 0; // number of the last call for which no answer is awaited any more
    quint64 neverRan = 0; // how many of the calls up to lastAnswered the worker has not run
    quint64 ignoreUpTo = 0; // answers to calls after lastIgnored, up to this number, may still come and are ignored
    quint64 lastIgnored = 0; // number of the last call whose answer was ignored or refused
    quint64 flightStart = 0; // Stream::bytesGiven() when the first call was written after no other was in flight
    qint64 backlog = 0; // bytes that the stream has not sent, as counted in the sum over all connections
    quint64 reportedSent = 0; // bytes sent by the stream that the Writer has counted as written
    std::chrono::nanoseconds lastRead{}; // when something was last read, by the rough clock
    bool isDirty = false; // the stream will be flushed at the end of the turn
    bool isUnfinished = false; // the next result has been read in part
    bool isDeferred = false; // reading goes on in a later turn
    bool ended = false; // the stream is at its end, and the client waits to hear why
    bool dropped = false; // the pool does not know this connection any more

    [[nodiscard]] qsizetype inFlight() const { return qsizetype(lastSent - lastAnswered); }
    /// Returns how many of the calls in flight may have begun, judged by the bytes that were sent.
    [[nodiscard]] qsizetype mayHaveBegun() const { return stream->bytesSent() > flightStart ? inFlight() : 0; }
    /// Returns how many of the calls in flight may have begun, after the worker said which one began last.
    [[nodiscard]] qsizetype mayHaveBegun(quint64 lastStarted) const
    {
        return lastStarted <= lastAnswered ? 0 : qsizetype(std::min(lastStarted, lastSent) - lastAnswered);
    }
};

using ConnectionPtr = std::shared_ptr<Connection>;

}

#endif
