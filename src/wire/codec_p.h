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

/// What a decoder has after the bytes it was given.
enum class Decoded {
    Nothing, ///< no whole message yet
    Message, ///< one message; ask again
    Unfinished, ///< a message is whole but takes long: ask again, perhaps when other things have had their turn, and
                ///< bring no bytes before that
    Broken, ///< not the protocol: errorString() says what; the connection is beyond repair
};

/// What became of a result that was read.
enum class ResultReading {
    Taken,
    Unfinished, ///< it takes long: ask again, as for Decoded::Unfinished
    Misfit, ///< it is of another type
    Refused, ///< it cannot be had here: it takes too much memory, or holds what is not known here, such as a type
    Malformed,
};

/// A client's end of one connection: bytes in, messages out, and what of the other direction depends on the connection.
/// No I/O. Never holds more than one message limit of bytes.
class ClientCodec
{
public:
    virtual ~ClientCodec() = default;

    /// Appends what the client must say first; returns whether the worker says hello in return.
    [[nodiscard]] virtual bool greet(QByteArray *out) = 0;
    /// Where to read the connection's bytes to, and that so many have come.
    [[nodiscard]] virtual std::span<char> space() = 0;
    virtual void received(qsizetype count) = 0;
    [[nodiscard]] virtual Decoded next(Incoming *message) = 0;
    /// Of the Result next() has just handed out: gives it to @p handler, if there is one, which may be asked for in
    /// several calls of about
    /// @p steps values each. @p problem is what it is instead, what it has that is refused, or how it is malformed.
    [[nodiscard]] virtual ResultReading readResult(detail::ResultHandler *handler, int steps, QString *problem) = 0;
    /// What is left of a large one besides what the handler has.
    [[nodiscard]] virtual std::unique_ptr<detail::Waste> takeWaste() { return {}; }
    [[nodiscard]] virtual QString errorString() const = 0;
    /// True while bytes wait, other than padding, that next() has not handed out.
    [[nodiscard]] virtual bool hasRest() const = 0;
    /// Whether what waits, and @p behind, which has come too but was not received, brings the answer to a call, or
    /// anything else than what is said before one. Where that cannot be told it does.
    [[nodiscard]] virtual bool hasAnswer(QByteArrayView /*behind*/) const { return true; }

    [[nodiscard]] virtual WorkerTraits traits() const { return {}; }
    /// Why a typed method cannot be called there, going by what the worker said of it.
    [[nodiscard]] virtual std::optional<QString> mismatch(const char *, const detail::Signature &) { return {}; }
    /// Puts into an encoded call what it is on this connection.
    virtual void address(OutMessage *, quint64 /*id*/, quint64 /*group*/) const { }
    /// Appends a call to @p out as it is on this connection; returns its size, or 0 when that cannot be done so simply
    /// and nothing was appended.
    [[nodiscard]] virtual qsizetype encodeCall(const detail::CallTarget &, const detail::CallArguments &,
                                               quint64 /*id*/, quint64 /*group*/, QByteArray *)
    {
        return 0;
    }
    virtual void encodeDone(quint64 id, QByteArray *out) const = 0;
    /// Appends that a call is not wanted any more, for a worker whose traits say that it can be told.
    virtual void encodeCancel(quint64 /*id*/, QByteArray * /*out*/) const { }
};

/// A protocol as a client speaks it.
class ClientProtocol
{
public:
    [[nodiscard]] static std::unique_ptr<ClientProtocol> make(Protocol protocol, qsizetype maxMessageSize,
                                                              qint64 maxDecodedSize,
                                                              const std::shared_ptr<detail::TypeRegistry> &types);
    virtual ~ClientProtocol() = default;

    [[nodiscard]] virtual Protocol kind() const = 0;
    /// Appends a call to the empty @p out; returns why it cannot be sent, as what the arguments have.
    [[nodiscard]] virtual std::optional<QString> encodeCall(const detail::CallTarget &target,
                                                            const detail::CallArguments &arguments, OutMessage *out)
        = 0;
    [[nodiscard]] virtual std::unique_ptr<ClientCodec> makeCodec() const = 0;
};

}

#endif
