// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONCODEC_P_H
#define QTPREFORK_JSONCODEC_P_H

#include "wire/codec_p.h"
#include "wire/jsonparser_p.h"
#include "wire/jsonscanner_p.h"

namespace Prefork::Wire {

/// What both ends of the compatible protocol (docs/protocol.md) share: reading `["command",{meta},…]`.
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
    /// Of a message that takes too much memory, or has an integer that does not fit, the first items, its command at
    /// least; then isRefused().
    [[nodiscard]] Decoded next(QVariantList *message);
    [[nodiscard]] bool isRefused() const { return m_isRefused; }
    /// What the message has then.
    [[nodiscard]] QString refusal() const { return m_parser.errorString(); }
    /// What of the bound the last message has left.
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

/// How a worker answers a call over JSON.
struct Reply
{
    enum Kind { Result, Failure };
    Kind kind = Result;
    QVariant value; ///< of a Result
    FailureText failure;
};

/// What a client asks over JSON.
struct Request
{
    enum Kind { Call, Done };
    Kind kind = Call;
    QVariantList items; ///< of a Call: the method's name, if it has one, then the arguments
    QString refusal; ///< of a Call that has what cannot be had here: what; its items are not all there then
};

/// The client's end. Encoders append to @p out, and on failure leave it as it was and return why.
class JsonClientCodec
{
public:
    /// The most bytes of white space a worker may send between two messages.
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
    /// @p items: the method's name, if it has one, then the arguments.
    [[nodiscard]] std::optional<QString> encodeCall(const QVariantList &items, QByteArray *out) const;
    void encodeDone(QByteArray *out) const;
    [[nodiscard]] Decoded next(Reply *reply);

private:
    qsizetype m_maxMessageSize;
    qint64 m_maxDecodedSize;
    JsonReader m_reader;
};

/// The worker's end.
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
    /// What of the bound the last request has left.
    [[nodiscard]] detail::MemoryMeter memory() const { return m_reader.memory(); }
    [[nodiscard]] std::optional<QString> encodeResult(const QVariant &value, QByteArray *out) const;
    void encodeFailure(const QString &message, const QString &code, const QVariant &data, QByteArray *out) const;
    [[nodiscard]] Decoded next(Request *request);

private:
    qsizetype m_maxMessageSize;
    qint64 m_maxDecodedSize;
    JsonReader m_reader;
};

}

#endif
