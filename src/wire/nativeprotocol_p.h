// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEPROTOCOL_P_H
#define QTPREFORK_NATIVEPROTOCOL_P_H

#include "wire/codec_p.h"
#include "wire/nativefeatures_p.h"
#include "wire/packetbuffer_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/stepreader.h>

#include <QtCore/QHash>

#include <array>

namespace Prefork::Wire::Native {

/// What a worker told of its typed methods: name to hash of the signature.
using MethodTable = QHash<QByteArray, quint64>;

/// The native protocol on one connection, as docs/protocol.md has it.
class ConnectionCodec final : public ClientCodec
{
public:
    /// @p spare: see PacketBuffer.
    ConnectionCodec(qsizetype maxMessageSize, const std::shared_ptr<detail::TypeRegistry> &types,
                    qint64 maxDecodedSize = DefaultMaxDecodedSize, const std::shared_ptr<QByteArray> &spare = {})
        : m_maxMessageSize(maxMessageSize)
        , m_maxDecodedSize(maxDecodedSize)
        , m_types(types)
        , m_buffer(maxMessageSize, spare)
    {
    }
    bool greet(QByteArray *out) override;
    std::span<char> space() override { return m_buffer.space(); }
    void received(qsizetype count) override { m_buffer.received(count); }
    Decoded next(Incoming *message) override;
    ResultReading readResult(detail::ResultHandler *handler, int steps, QString *problem) override;
    QString errorString() const override { return m_error.isEmpty() ? m_buffer.errorString() : m_error; }
    bool hasRest() const override { return m_buffer.hasRest(); }
    bool hasAnswer(QByteArrayView behind) const override;
    WorkerTraits traits() const override { return m_traits; }
    std::optional<QString> mismatch(const char *method, const detail::Signature &signature) override;
    qsizetype encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments, quint64 id,
                         quint64 group, QByteArray *out) override;
    void address(OutMessage *call, quint64 id, quint64 group) const override;
    void encodeDone(quint64 id, QByteArray *out) const override;
    void encodeCancel(quint64 id, QByteArray *out) const override;

private:
    [[nodiscard]] Decoded fail(const QString &error);
    [[nodiscard]] bool readHello();
    [[nodiscard]] bool readSignatures(detail::CborReader &reader);
    [[nodiscard]] QString differenceTo(const QString &method, const detail::Signature &signature) const;
    [[nodiscard]] ResultReading readAtOnce(detail::ResultHandler *handler, QString *problem);
    [[nodiscard]] ResultReading readInSteps(detail::ResultHandler *handler, int steps, QString *problem);
    [[nodiscard]] ResultReading ended(detail::CborReader &reader, bool isRead, qsizetype start, QString *problem);
    enum class WithData { Yes, No };
    [[nodiscard]] bool readFailure(FailureText *failure, WithData withData = WithData::Yes);
    [[nodiscard]] Decoded readFeature(Incoming *message);
    [[nodiscard]] bool readEvent(Incoming *message);
    [[nodiscard]] bool readProgress(Incoming *message);
    [[nodiscard]] bool readCanceled(Incoming *message);
    [[nodiscard]] static bool readBegun(detail::CborReader &reader, std::vector<quint64> *begun);
    [[nodiscard]] bool readGoodbye(Incoming *message);

    struct Checked
    {
        const char *method = nullptr;
        const detail::Signature *signature = nullptr;
    };

    const qsizetype m_maxMessageSize;
    const qint64 m_maxDecodedSize;
    const std::shared_ptr<detail::TypeRegistry> m_types;
    PacketBuffer m_buffer;
    Packet m_packet; // the message handed out last
    struct LongReading
    {
        LongReading(detail::ResultHandler *itsHandler, QByteArrayView bytes, const detail::TypeRegistry *types,
                    QByteArray *owner, qint64 limit)
            : handler(itsHandler)
            , reader(bytes, types, owner, limit)
        {
        }
        const detail::ResultHandler *handler; // may be gone; asked for no more than its address
        detail::CborReader reader;
        std::unique_ptr<detail::StepReader> steps;
        qsizetype start = -1; // of the value
    };
    std::unique_ptr<LongReading> m_long; // of a large result that is read in steps
    bool m_isGreeted = false;
    WorkerTraits m_traits;
    Features m_features; // that are spoken on this connection
    MethodTable m_methods;
    QHash<QByteArray, QByteArray> m_signatures; // of those methods, as far as the worker told
    std::array<Checked, 64> m_checked; // methods found to match, by a hash of their address
    std::vector<detail::CborChunk> m_chunks;
    QString m_error;
};

class NativeProtocol final : public ClientProtocol
{
public:
    NativeProtocol(qsizetype maxMessageSize, const std::shared_ptr<detail::TypeRegistry> &types,
                   qint64 maxDecodedSize = DefaultMaxDecodedSize)
        : m_maxMessageSize(maxMessageSize)
        , m_maxDecodedSize(maxDecodedSize)
        , m_types(types)
    {
    }
    Protocol kind() const override { return Protocol::Native; }
    std::optional<QString> encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                      OutMessage *out) override;
    std::unique_ptr<ClientCodec> makeCodec() const override
    {
        return std::make_unique<ConnectionCodec>(m_maxMessageSize, m_types, m_maxDecodedSize, m_spare);
    }

private:
    const qsizetype m_maxMessageSize;
    const qint64 m_maxDecodedSize;
    const std::shared_ptr<detail::TypeRegistry> m_types;
    const std::shared_ptr<QByteArray> m_spare = std::make_shared<QByteArray>(); // the connections of a client share it
    QByteArray m_scratch;
};

}

#endif
