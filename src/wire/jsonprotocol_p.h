// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONPROTOCOL_P_H
#define QTPREFORK_JSONPROTOCOL_P_H

#include "wire/jsoncodec_p.h"

#include <array>
#include <utility>

namespace Prefork::Wire {

/// The compatible protocol on one connection: no hello, no numbers, one call at a time.
class JsonConnectionCodec final : public ClientCodec
{
public:
    explicit JsonConnectionCodec(qsizetype maxMessageSize, qint64 maxDecodedSize = detail::DefaultMaxDecodedSize)
        : m_codec(maxMessageSize, maxDecodedSize)
    {
    }
    bool greet(QByteArray *) override { return false; }
    std::span<char> space() override { return m_buffer; }
    void received(qsizetype count) override { m_codec.feed({m_buffer.data(), count}); }
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
    JsonClientCodec m_codec;
    QVariant m_value; // of a result that has not been read yet
    QVariant m_rest; // the last one, if it is large
    std::array<char, 65536> m_buffer;
};

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
    std::optional<QString> encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments, OutMessage *out) override;
    std::unique_ptr<ClientCodec> makeCodec() const override { return std::make_unique<JsonConnectionCodec>(m_maxMessageSize, m_maxDecodedSize); }

private:
    qsizetype m_maxMessageSize;
    qint64 m_maxDecodedSize;
    JsonClientCodec m_encoder;
};

}

#endif
