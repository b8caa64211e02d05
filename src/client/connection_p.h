// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CONNECTION_P_H
#define QTPREFORK_CONNECTION_P_H

#include "client/stream_p.h"
#include "wire/codec_p.h"

#include <memory>

namespace Prefork::Internal {

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
    Wire::WorkerTraits traits;
    bool isReady = false; // it has said hello, if that is its custom
    quint64 lastSent = 0; // number of the last call written
    quint64 lastAnswered = 0; // number of the last call that will need no answer any more
    quint64 unwanted = 0; // number of the last call whose answer, should there be one, is nobody's
    quint64 lastUnwanted = 0; // of those the last that was answered
    quint64 flightStart
        = 0; // in bytes given to the stream: where the oldest call began when nothing else was on its way
    qint64 backlog = 0; // bytes of calls the stream has not sent, as counted among those of all connections
    quint64 reportedSent = 0; // bytes the stream has sent and the client has told of
    std::chrono::nanoseconds lastRead{}; // when something was read last, by the rough clock
    bool isDirty = false; // the stream is to be flushed at the end of the turn
    bool isUnfinished = false; // the result that comes next has been read in part
    bool isDeferred = false; // waits for the next turn to read on
    bool ended = false; // at end of file, while its cause is being found out
    bool dropped = false; // no longer the pool's

    [[nodiscard]] qsizetype inFlight() const { return qsizetype(lastSent - lastAnswered); }
    /// How many of the calls on their way may have begun, for all that the bytes tell.
    [[nodiscard]] qsizetype mayHaveBegun() const { return stream->bytesSent() > flightStart ? inFlight() : 0; }
    /// The same, when the worker said which began last.
    [[nodiscard]] qsizetype mayHaveBegun(quint64 lastStarted) const
    {
        return lastStarted <= lastAnswered ? 0 : qsizetype(std::min(lastStarted, lastSent) - lastAnswered);
    }
};

using ConnectionPtr = std::shared_ptr<Connection>;

}

#endif
