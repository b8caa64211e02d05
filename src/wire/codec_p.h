// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CODEC_P_H
#define QTPREFORK_CODEC_P_H

#include "wire/message_p.h"
#include "wire/workertraits_p.h"

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/resulthandler.h>
#include <QtPrefork/detail/typeregistry.h>
#include <QtPrefork/protocol.h>

#include <memory>
#include <optional>
#include <span>

namespace Prefork::Wire {

/// This is what a decoder can hand out of the bytes that it was given.
enum class Decoded {
    Nothing, ///< no whole message has come yet
    Message, ///< one message is handed out; ask again
    Unfinished, ///< a whole message has come, but decoding it takes long: ask again, perhaps after other work, and feed
                ///< no bytes before that
    Broken, ///< the bytes are not the protocol, as errorString() says; the connection cannot be used any more
};

/// This is what became of a result that was read.
enum class ResultReading {
    Taken,
    Unfinished, ///< reading takes long: ask again, as for Decoded::Unfinished
    Misfit, ///< the result is of another type than the handler's
    Refused, ///< the result takes too much memory here, or contains something that is not known here, such as a type
    Malformed,
};

/// This is a client's end of one connection, for one protocol: it makes messages of the bytes that have come, and
/// appends the bytes of what the client says. The client's Reader and Writer call it, and InProcessWorker; the bytes
/// are read into space(). It performs no I/O, and never holds more bytes than one message may have.
/// ClientProtocol::encodeCall() encodes the calls that wait for a connection; encodeCall() here encodes a call straight
/// for this one.
class ClientCodec
{
public:
    virtual ~ClientCodec() = default;

    /// Appends the client's first message, if the protocol has one; returns whether the worker answers it with a hello.
    [[nodiscard]] virtual bool greet(QByteArray *out) = 0;
    /// Returns where to read the connection's bytes to. received() then says how many have come.
    [[nodiscard]] virtual std::span<char> space() = 0;
    virtual void received(qsizetype count) = 0;
    [[nodiscard]] virtual Decoded next(Incoming *message) = 0;
    /// Gives the Result that next() has just handed out to @p handler, or drops it if there is none. A large result is
    /// read in several calls, of about @p steps values each. Unless it is Taken, @p problem says what the result is
    /// instead, what in it is refused, or how it is malformed.
    [[nodiscard]] virtual ResultReading readResult(detail::ResultHandler *handler, int steps, QString *problem) = 0;
    /// Does the same for a small result, in one call. Returns true if it is Taken. Otherwise the result can be read by
    /// readResult() as if nothing had happened.
    [[nodiscard]] virtual bool readPlainly(detail::ResultHandler * /*handler*/) { return false; }
    /// Returns the memory of a large result that the handler did not take, to be freed in steps.
    [[nodiscard]] virtual std::unique_ptr<detail::Waste> takeWaste() { return {}; }
    [[nodiscard]] virtual QString errorString() const = 0;
    /// Returns true while there are bytes, other than padding, that next() has not handed out.
    [[nodiscard]] virtual bool hasRest() const = 0;
    /// Returns whether the bytes that next() has not handed out, followed by @p behind (read already, but not passed to
    /// received()), contain anything but what a worker says while a call runs: the answer to a call, or the end.
    /// Returns true if the protocol cannot tell.
    [[nodiscard]] virtual bool hasAnswer(QByteArrayView /*behind*/) const { return true; }

    [[nodiscard]] virtual WorkerTraits traits() const { return {}; }
    /// Returns why a typed method cannot be called on this worker, judged by the signatures in its hello; nothing if it
    /// can.
    [[nodiscard]] virtual std::optional<QString> mismatch(const char *, const detail::Signature &) { return {}; }
    /// Writes the numbers that a call has on this connection into an encoded call.
    virtual void address(OutMessage *, quint64 /*id*/, quint64 /*group*/) const { }
    /// Appends a call with its numbers to @p out. Returns its size, or 0 if the call has to be encoded by
    /// ClientProtocol::encodeCall() instead, because it failed or is large, or because there is a mismatch(); nothing
    /// was appended then. If @p copy is not null, it gets what address() needs to have the call sent again; its bytes
    /// must be empty.
    [[nodiscard]] virtual qsizetype encodeCall(const detail::CallTarget &, const detail::CallArguments &,
                                               quint64 /*id*/, quint64 /*group*/, QByteArray *,
                                               OutMessage * /*copy*/ = nullptr)
    {
        return 0;
    }
    virtual void encodeDone(quint64 id, QByteArray *out) const = 0;
    /// Appends that the client does not want a call any more. This is only for a worker whose traits say that it
    /// `cancels`.
    virtual void encodeCancel(quint64 /*id*/, QByteArray * /*out*/) const { }
};

/// This is a protocol as a client speaks it: it makes a codec for each connection, and encodes calls that have no
/// connection yet. A client has one, made by make(), for its whole life.
class ClientProtocol
{
public:
    [[nodiscard]] static std::unique_ptr<ClientProtocol> make(Protocol protocol, qsizetype maxMessageSize,
                                                              qint64 maxDecodedSize,
                                                              const std::shared_ptr<detail::TypeRegistry> &types);
    virtual ~ClientProtocol() = default;

    [[nodiscard]] virtual Protocol kind() const = 0;
    /// Encodes a call into the empty @p out, whose memory is used again; returns why the call cannot be sent, in a
    /// sentence, or nothing.
    [[nodiscard]] virtual std::optional<QString> encodeCall(const detail::CallTarget &target,
                                                            const detail::CallArguments &arguments, OutMessage *out)
        = 0;
    [[nodiscard]] virtual std::unique_ptr<ClientCodec> makeCodec() const = 0;
};

}

#endif
