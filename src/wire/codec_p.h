// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CODEC_P_H
#define QTPREFORK_CODEC_P_H

#include "wire/message_p.h"

#include <QtPrefork/callarguments.h>
#include <QtPrefork/protocol.h>
#include <QtPrefork/resulthandler.h>
#include <QtPrefork/typeregistry.h>

#include <memory>
#include <optional>
#include <span>

namespace Prefork::Wire {

/// What a decoder has after the bytes it was given.
enum class Decoded {
    Nothing, ///< no whole message yet
    Message, ///< one message; ask again
    Broken, ///< not the protocol: errorString() says what; the connection is beyond repair
};

/// What a worker said of itself. Before its hello, or without one, what is true of the plainest.
struct WorkerTraits
{
    bool pipelines = false; ///< takes further calls while one runs, numbers its answers, and says hello and goodbye
    bool acknowledgesRelease = false;
    qsizetype maxMessageSize = std::numeric_limits<qsizetype>::max(); ///< what it accepts
    qsizetype headerSize = 0; ///< bytes of a message that this does not count
};

/// A client's end of one connection: bytes in, messages out, and what of the other direction depends on the connection. No I/O. Never holds
/// more than one message limit of bytes.
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
    /// Of the Result next() has just handed out: gives it to @p handler, if there is one. Returns what it is instead if it does not fit
    /// there. False and errorString() when it is malformed.
    [[nodiscard]] virtual bool readResult(detail::ResultHandler *handler, std::optional<QString> *misfit) = 0;
    [[nodiscard]] virtual QString errorString() const = 0;
    /// True while bytes wait, other than padding, that next() has not handed out.
    [[nodiscard]] virtual bool hasRest() const = 0;

    [[nodiscard]] virtual WorkerTraits traits() const { return {}; }
    /// Why a typed method cannot be called there, going by what the worker said of it.
    [[nodiscard]] virtual std::optional<QString> mismatch(const char *, const detail::Signature &) { return {}; }
    /// Puts into an encoded call what it is on this connection.
    virtual void address(OutMessage *, quint64 /*id*/, quint64 /*group*/) const { }
    /// Appends a call to @p out as it is on this connection; returns its size, or 0 when that cannot be done so simply and nothing was
    /// appended.
    [[nodiscard]] virtual qsizetype encodeCall(const detail::CallTarget &, const detail::CallArguments &, quint64 /*id*/, quint64 /*group*/,
                                               QByteArray *)
    {
        return 0;
    }
    virtual void encodeDone(quint64 id, QByteArray *out) const = 0;
};

/// A protocol as a client speaks it.
class ClientProtocol
{
public:
    [[nodiscard]] static std::unique_ptr<ClientProtocol> make(Protocol protocol, qsizetype maxMessageSize,
                                                              const std::shared_ptr<detail::TypeRegistry> &types);
    virtual ~ClientProtocol() = default;

    [[nodiscard]] virtual Protocol kind() const = 0;
    /// Appends a call to the empty @p out; returns why it cannot be sent, as what the arguments have.
    [[nodiscard]] virtual std::optional<QString> encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                                            OutMessage *out) = 0;
    [[nodiscard]] virtual std::unique_ptr<ClientCodec> makeCodec() const = 0;
};

}

#endif
