// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CONNECTION_P_H
#define QTPREFORK_CONNECTION_P_H

#include "client/stream_p.h"
#include "wire/codec_p.h"

#include <memory>

namespace Prefork::Internal {

/// This is the client's connection to one worker: its stream, the codec of the protocol spoken on it, and what is known
/// of the calls in flight on it. It does nothing by itself. Connections makes it, owns it and ends it. Writer counts in
/// it what was sent, and Reader what was answered; whoever handles it at the moment keeps it alive, even when it was
/// dropped.
///
/// The numbers of calls here count the calls that were written to this connection, from 1, for whichever checkout. A
/// worker answers them in this order. They are not the numbers of the pool.
struct Connection
{
    Connection(quint64 id, std::shared_ptr<Stream> itsStream, std::unique_ptr<Wire::ClientCodec> itsCodec)
        : worker(id)
        , stream(std::move(itsStream))
        , codec(std::move(itsCodec))
    {
    }
    const quint64 worker; // the pool's number of the worker
    const std::shared_ptr<Stream> stream;
    const std::unique_ptr<Wire::ClientCodec> codec;
    Wire::WorkerTraits traits;
    bool isReady = false; // the worker has said hello, or its protocol has no hello
    quint64 lastSent = 0; // number of the last call that was written
    quint64 lastAnswered = 0; // number of the last call for which no answer is awaited any more
    quint64 neverRan = 0; // how many of the calls up to lastAnswered the worker has not run; for WorkerModel
    // After the client has refused a result, the worker still answers the calls behind it. Answers to calls after
    // lastIgnored, up to ignoreUpTo, may therefore still come and are ignored.
    quint64 ignoreUpTo = 0;
    quint64 lastIgnored = 0; // number of the last call whose answer was ignored or refused
    quint64 flightStart = 0; // Stream::bytesGiven() when the first call was written after no other was in flight
    qint64 backlog = 0; // bytes that the stream has not sent, as the Writer has them in its sum over all connections
    quint64 reportedSent = 0; // bytes sent by the stream that the Writer has counted for bytesWritten()
    std::chrono::nanoseconds lastRead{}; // when something was last read, by the rough clock
    bool isDirty = false; // the stream will be flushed at the end of the turn
    bool isUnfinished = false; // the next result has been read in part
    bool isDeferred = false; // reading goes on in a later turn
    bool ended = false; // the stream is at its end, and the client waits to hear why
    bool dropped = false; // the pool does not know this connection any more

    [[nodiscard]] qsizetype inFlight() const { return qsizetype(lastSent - lastAnswered); }
    /// Returns how many of the calls in flight may have begun, judged by the bytes that were sent: all, or none if not
    /// one byte of them was sent. This is for a worker that has said nothing of that.
    [[nodiscard]] qsizetype mayHaveBegun() const { return stream->bytesSent() > flightStart ? inFlight() : 0; }
    /// Returns how many of the calls in flight may have begun, after a goodbye said which one began last.
    [[nodiscard]] qsizetype mayHaveBegun(quint64 lastStarted) const
    {
        return lastStarted <= lastAnswered ? 0 : qsizetype(std::min(lastStarted, lastSent) - lastAnswered);
    }
};

using ConnectionPtr = std::shared_ptr<Connection>;

}

#endif
