// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CODEC_P_H
#define QTPREFORK_CODEC_P_H

#include "wire/message_p.h"

#include <QtCore/QByteArray>

#include <optional>

namespace Prefork::Wire {

/// What a decoder has after the bytes it was fed.
enum class Decoded {
    Nothing, ///< no whole message yet
    Message, ///< one message; ask again
    Broken, ///< not the protocol: errorString() says what; the connection is beyond repair
};

/// The face every protocol shows: bytes in, messages out, and back; no I/O. Encoders append to @p out, and on failure leave it as it was
/// and return why. A decoder never holds more than one message limit of bytes.
class Codec
{
public:
    virtual ~Codec() = default;
    /// For error texts: "JSON".
    [[nodiscard]] virtual QString name() const = 0;
    virtual void feed(QByteArrayView bytes) = 0;
    [[nodiscard]] virtual QString errorString() const = 0;
    /// True while bytes wait, other than padding, that next() has not handed out.
    [[nodiscard]] virtual bool hasRest() const = 0;
};

/// The client's end of a connection.
class ClientCodec : public Codec
{
public:
    /// @p items: the method's name, if it has one, then the arguments.
    [[nodiscard]] virtual std::optional<QString> encodeCall(const QVariantList &items, QByteArray *out) const = 0;
    virtual void encodeDone(QByteArray *out) const = 0;
    [[nodiscard]] virtual Decoded next(Reply *reply) = 0;
};

/// The worker's end of a connection.
class WorkerCodec : public Codec
{
public:
    [[nodiscard]] virtual std::optional<QString> encodeResult(const QVariant &value, QByteArray *out) const = 0;
    virtual void encodeFailure(const QString &message, const QString &code, const QVariant &data, QByteArray *out) const = 0;
    [[nodiscard]] virtual Decoded next(Request *request) = 0;
};

}

#endif
