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

/// These are the typed methods in a worker's hello: from the name to the hash of the signature.
using MethodTable = QHash<QByteArray, quint64>;

/// This is a client's end of one native connection (docs/protocol.md): it writes the client's hello and calls, checks
/// the worker's hello, and reads what the worker sends. It knows from the hello which features are spoken and which
/// signatures the worker has. NativeProtocol makes it; a large result is read in steps.
class ConnectionCodec final : public ClientCodec
{
public:
    /// @p spare is for the PacketBuffer.
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
    bool readPlainly(detail::ResultHandler *handler) override;
    QString errorString() const override { return m_error.isEmpty() ? m_buffer.errorString() : m_error; }
    bool hasRest() const override { return m_buffer.hasRest(); }
    bool hasAnswer(QByteArrayView behind) const override;
    WorkerTraits traits() const override { return m_traits; }
    std::optional<QString> mismatch(const char *method, const detail::Signature &signature) override;
    qsizetype encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments, quint64 id,
                         quint64 group, QByteArray *out, OutMessage *copy) override;
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
    /// A typed method that was found to match, and the beginning of its calls in CBOR: all before the arguments.
    struct Checked
    {
        const char *method = nullptr;
        const detail::Signature *signature = nullptr;
        std::array<char, 47> head{};
        static constexpr qint8 NoHead = -1; // the beginning was not asked for yet
        qint8 headSize = NoHead; // 0 if the beginning is longer than there is room for

        [[nodiscard]] bool isFor(const char *name, const detail::Signature *its) const
        {
            return method == name && signature == its;
        }
    };

    [[nodiscard]] Checked &checkedOf(const char *method)
    {
        const auto address = reinterpret_cast<quintptr>(method);
        return m_checked[(address ^ (address >> 6)) % m_checked.size()];
    }
    // Returns the entry of a typed method; null if there is a mismatch().
    [[nodiscard]] const Checked *check(const detail::CallTarget &target, std::size_t argumentCount);
    enum class WithData { Yes, No };
    [[nodiscard]] bool readFailure(FailureText *failure, WithData withData = WithData::Yes);
    [[nodiscard]] Decoded readFeature(Incoming *message);
    [[nodiscard]] bool readEvent(Incoming *message);
    [[nodiscard]] bool readProgress(Incoming *message);
    [[nodiscard]] bool readCanceled(Incoming *message);
    [[nodiscard]] static bool readBegun(detail::CborReader &reader, std::vector<quint64> *begun);
    [[nodiscard]] bool readGoodbye(Incoming *message);

    const qsizetype m_maxMessageSize;
    const qint64 m_maxDecodedSize;
    const std::shared_ptr<detail::TypeRegistry> m_types;
    PacketBuffer m_buffer;
    Packet m_packet; // the message that next() has handed out last
    struct LongReading
    {
        LongReading(detail::ResultHandler *itsHandler, QByteArrayView bytes, const detail::TypeRegistry *types,
                    QByteArray *owner, qint64 limit)
            : handler(itsHandler)
            , reader(bytes, types, owner, limit)
        {
        }
        const detail::ResultHandler *handler; // may be gone: only its address is compared
        detail::CborReader reader;
        std::unique_ptr<detail::StepReader> steps;
        qsizetype start = -1; // where the value begins; -1 before it is known
    };
    std::unique_ptr<LongReading> m_long; // the large result that is being read in steps; null if there is none
    bool m_isGreeted = false;
    WorkerTraits m_traits;
    Features m_features; // the features that both sides speak
    MethodTable m_methods;
    QHash<QByteArray, QByteArray> m_signatures; // the texts of their signatures, as far as the worker sent them
    std::array<Checked, 32> m_checked; // a cache, by a hash of the name's address
    std::vector<detail::CborChunk> m_chunks;
    QString m_error;
};

/// This is the native protocol of one client: it encodes the client's calls and makes the codecs of its connections. It
/// keeps a buffer for encoding, so that a call need not allocate one.
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
    const std::shared_ptr<QByteArray> m_spare = std::make_shared<QByteArray>(); // see PacketBuffer
    QByteArray m_scratch;
};

}

#endif
