// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONPROTOCOL_P_H
#define QTPREFORK_JSONPROTOCOL_P_H

#include "wire/jsoncodec_p.h"

#include <memory>
#include <utility>

namespace Prefork::Wire {

/// This is a client's end of one connection over JSON: the protocol has no hello and no call numbers, and the client
/// sends one call at a time. A large result is converted in steps. JsonProtocol makes it.
class JsonConnectionCodec final : public ClientCodec
{
public:
    /// @p space is the buffer that all connections of a client read into, one after the other: received() copies the
    /// bytes at once.
    explicit JsonConnectionCodec(qsizetype maxMessageSize, qint64 maxDecodedSize = DefaultMaxDecodedSize,
                                 const std::shared_ptr<QByteArray> &space = makeSpace())
        : m_codec(maxMessageSize, maxDecodedSize)
        , m_space(space)
    {
    }
    [[nodiscard]] static std::shared_ptr<QByteArray> makeSpace()
    {
        return std::make_shared<QByteArray>(65536, Qt::Uninitialized);
    }
    bool greet(QByteArray *) override { return false; }
    std::span<char> space() override { return {m_space->data(), std::size_t(m_space->size())}; }
    void received(qsizetype count) override { m_codec.feed({m_space->constData(), count}); }
    Decoded next(Incoming *message) override;
    ResultReading readResult(detail::ResultHandler *handler, int steps, QString *problem) override;
    std::unique_ptr<detail::Waste> takeWaste() override
    {
        return m_rest.isValid() ? std::make_unique<detail::VariantWaste>(std::exchange(m_rest, {})) : nullptr;
    }
    QString errorString() const override { return m_codec.errorString(); }
    bool hasRest() const override { return m_codec.hasRest(); }
    void encodeDone(quint64, QByteArray *out) const override { m_codec.encodeDone(out); }

private:
    // This is a large result that is being converted, in steps if the handler's type can be.
    struct LongReading
    {
        LongReading(detail::ResultHandler *itsHandler, const detail::MemoryMeter &itsMemory,
                    const QString &itsDescription)
            : handler(itsHandler)
            , memory(itsMemory)
            , description(itsDescription)
            , steps(itsHandler ? itsHandler->makeStepConverter() : nullptr)
        {
        }
        const detail::ResultHandler *handler; // may be gone: only its address is compared
        detail::MemoryMeter memory;
        const QString description;
        const std::unique_ptr<detail::StepConverter> steps;
    };

    [[nodiscard]] ResultReading readLarge(detail::ResultHandler *handler, int steps, QString *problem);
    [[nodiscard]] static ResultReading refused(const detail::MemoryMeter &memory, const QString &description,
                                               QString *problem);

    JsonClientCodec m_codec;
    QVariant m_value; // of the result that has not been read yet; of a large one, the part that is left
    QVariant m_rest; // what the handler has left of the last large result
    std::unique_ptr<LongReading> m_long;
    const std::shared_ptr<QByteArray> m_space;
};

/// This is the JSON protocol of one client: it encodes the client's calls and makes the codecs of its connections.
class JsonProtocol final : public ClientProtocol
{
public:
    JsonProtocol(qsizetype maxMessageSize, qint64 maxDecodedSize)
        : m_maxMessageSize(maxMessageSize)
        , m_maxDecodedSize(maxDecodedSize)
        , m_encoder(maxMessageSize, maxDecodedSize)
    {
    }
    Protocol kind() const override { return Protocol::Json; }
    std::optional<QString> encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                      OutMessage *out) override;
    std::unique_ptr<ClientCodec> makeCodec() const override
    {
        return std::make_unique<JsonConnectionCodec>(m_maxMessageSize, m_maxDecodedSize, m_space);
    }

private:
    const std::shared_ptr<QByteArray> m_space = JsonConnectionCodec::makeSpace();
    qsizetype m_maxMessageSize;
    qint64 m_maxDecodedSize;
    JsonClientCodec m_encoder;
};

}

#endif
