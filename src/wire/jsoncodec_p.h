// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONCODEC_P_H
#define QTPREFORK_JSONCODEC_P_H

#include "wire/codec_p.h"
#include "wire/jsonscanner_p.h"

#include <QtCore/QJsonArray>

namespace Prefork::Wire {

/// What both ends of the compatible protocol (docs/protocol.md) share: reading `["command",{meta},…]`.
class JsonReader
{
public:
    explicit JsonReader(qsizetype maxMessageSize)
        : m_scanner(maxMessageSize)
    {
    }
    void feed(QByteArrayView bytes) { m_scanner.feed(bytes); }
    [[nodiscard]] Decoded next(QJsonArray *message);
    Decoded fail(const QString &error);
    [[nodiscard]] QString errorString() const { return m_error; }
    [[nodiscard]] bool hasRest() const { return m_scanner.hasRest(); }

private:
    JsonScanner m_scanner;
    QString m_error;
};

class JsonClientCodec final : public ClientCodec
{
public:
    explicit JsonClientCodec(qsizetype maxMessageSize)
        : m_maxMessageSize(maxMessageSize)
        , m_reader(maxMessageSize)
    {
    }
    [[nodiscard]] QString name() const override { return QStringLiteral("JSON"); }
    void feed(QByteArrayView bytes) override { m_reader.feed(bytes); }
    [[nodiscard]] QString errorString() const override { return m_reader.errorString(); }
    [[nodiscard]] bool hasRest() const override { return m_reader.hasRest(); }
    [[nodiscard]] std::optional<QString> encodeCall(const QVariantList &items, QByteArray *out) const override;
    void encodeDone(QByteArray *out) const override;
    [[nodiscard]] Decoded next(Reply *reply) override;

private:
    qsizetype m_maxMessageSize;
    JsonReader m_reader;
};

class JsonWorkerCodec final : public WorkerCodec
{
public:
    explicit JsonWorkerCodec(qsizetype maxMessageSize)
        : m_maxMessageSize(maxMessageSize)
        , m_reader(maxMessageSize)
    {
    }
    [[nodiscard]] QString name() const override { return QStringLiteral("JSON"); }
    void feed(QByteArrayView bytes) override { m_reader.feed(bytes); }
    [[nodiscard]] QString errorString() const override { return m_reader.errorString(); }
    [[nodiscard]] bool hasRest() const override { return m_reader.hasRest(); }
    [[nodiscard]] std::optional<QString> encodeResult(const QVariant &value, QByteArray *out) const override;
    void encodeFailure(const QString &message, const QString &code, const QVariant &data, QByteArray *out) const override;
    [[nodiscard]] Decoded next(Request *request) override;

private:
    qsizetype m_maxMessageSize;
    JsonReader m_reader;
};

}

#endif
