// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONCODEC_P_H
#define QTPREFORK_JSONCODEC_P_H

#include "wire/codec_p.h"
#include "wire/jsonparser_p.h"
#include "wire/jsonscanner_p.h"

namespace Prefork::Wire {

/// This is what both ends of the JSON protocol (docs/protocol.md) share: it cuts the bytes of a connection into
/// messages `["command",{meta},…]` and parses each, within the limits. JsonClientCodec and JsonWorkerCodec have one
/// each. It checks that a message begins with a command, but does not know the commands.
class JsonReader
{
public:
    JsonReader(qsizetype maxMessageSize, qint64 maxDecodedSize,
               qsizetype maxPadding = std::numeric_limits<qsizetype>::max())
        : m_maxDecodedSize(maxDecodedSize)
        , m_scanner(maxMessageSize, maxPadding)
    {
    }
    void feed(QByteArrayView bytes) { m_scanner.feed(bytes); }
    /// Hands out the next message. If a message takes too much memory, or has an integer that does not fit, only its
    /// first items are handed out, the command at least, and isRefused() is true.
    [[nodiscard]] Decoded next(QVariantList *message);
    [[nodiscard]] bool isRefused() const { return m_isRefused; }
    /// Says what in the refused message is too much.
    [[nodiscard]] QString refusal() const { return m_parser.errorString(); }
    /// Returns the memory that the last message was allowed, and how much of it is left.
    [[nodiscard]] const detail::MemoryMeter &memory() const { return m_parser.memory(); }
    Decoded fail(const QString &error);
    [[nodiscard]] QString errorString() const { return m_error; }
    [[nodiscard]] bool hasRest() const { return m_scanner.hasRest(); }

private:
    const qint64 m_maxDecodedSize;
    JsonScanner m_scanner;
    JsonParser m_parser;
    bool m_isRefused = false;
    QString m_error;
};

/// This is a worker's answer to a call over JSON.
struct Reply
{
    enum Kind { Result, Failure };
    Kind kind = Result;
    QVariant value; ///< of a Result
    FailureText failure;
};

/// This is what a client says over JSON.
struct Request
{
    enum Kind { Call, Done };
    Kind kind = Call;
    QVariantList items; ///< of a Call: the method's name, if it has one, then the arguments
    QString refusal; ///< of a Call that is refused: why; its items are incomplete then
};

/// This is the client's end of the JSON protocol: JsonConnectionCodec feeds it the bytes of a worker and takes replies
/// out of it. Its encoders append to @p out; if they fail, they leave @p out as it was and return why.
class JsonClientCodec
{
public:
    /// A worker may send so many bytes of white space at most between two messages.
    static constexpr qsizetype MaxPadding = 64;

    explicit JsonClientCodec(qsizetype maxMessageSize, qint64 maxDecodedSize = DefaultMaxDecodedSize)
        : m_maxMessageSize(maxMessageSize)
        , m_maxDecodedSize(maxDecodedSize)
        , m_reader(maxMessageSize, maxDecodedSize, MaxPadding)
    {
    }
    void feed(QByteArrayView bytes) { m_reader.feed(bytes); }
    [[nodiscard]] QString errorString() const { return m_reader.errorString(); }
    [[nodiscard]] bool hasRest() const { return m_reader.hasRest(); }
    [[nodiscard]] detail::MemoryMeter memory() const { return m_reader.memory(); }
    /// @p items are the method's name, if the call has one, and then the arguments. If an item cannot be sent,
    /// @p failedItem is its position, and if the message is too large, it is -1.
    [[nodiscard]] std::optional<QString> encodeCall(const QVariantList &items, QByteArray *out,
                                                    qsizetype *failedItem = nullptr) const;
    void encodeDone(QByteArray *out) const;
    [[nodiscard]] Decoded next(Reply *reply);

private:
    qsizetype m_maxMessageSize;
    qint64 m_maxDecodedSize;
    JsonReader m_reader;
};

/// This is the worker's end of the JSON protocol: JsonSession feeds it the bytes of a client, takes requests out of it,
/// and encodes its replies with it. The encoders behave as those of JsonClientCodec.
class JsonWorkerCodec
{
public:
    explicit JsonWorkerCodec(qsizetype maxMessageSize, qint64 maxDecodedSize = DefaultMaxDecodedSize)
        : m_maxMessageSize(maxMessageSize)
        , m_maxDecodedSize(maxDecodedSize)
        , m_reader(maxMessageSize, maxDecodedSize)
    {
    }
    void feed(QByteArrayView bytes) { m_reader.feed(bytes); }
    [[nodiscard]] QString errorString() const { return m_reader.errorString(); }
    [[nodiscard]] bool hasRest() const { return m_reader.hasRest(); }
    /// Returns the memory that the last request was allowed, and how much of it is left.
    [[nodiscard]] detail::MemoryMeter memory() const { return m_reader.memory(); }
    [[nodiscard]] std::optional<QString> encodeResult(const QVariant &value, QByteArray *out) const;
    /// If the error cannot be sent as it is, its data are left out, and then its code and most of its text.
    void encodeFailure(const QString &message, const QString &code, const QVariant &data, QByteArray *out) const;
    [[nodiscard]] Decoded next(Request *request);

private:
    qsizetype m_maxMessageSize;
    qint64 m_maxDecodedSize;
    JsonReader m_reader;
};

}

#endif
