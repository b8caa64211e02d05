// SPDX-License-Identifier: MIT
#include "wire/jsoncodec_p.h"

#include "wire/jsonstrict_p.h"
#include "wire/jsonvalue_p.h"
#include "wire/oneline_p.h"

#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>

namespace Prefork::Wire {

namespace {

const QLatin1StringView CallCommand("do");
const QLatin1StringView DoneCommand("dn");
const QLatin1StringView ResultCommand("ok");
const QLatin1StringView FailureCommand("er");
const QLatin1StringView CodeKey("code");
const QLatin1StringView DataKey("data");

QByteArray textOf(const QJsonArray &message)
{
    return QJsonDocument(message).toJson(QJsonDocument::Compact);
}

// Half of a surrogate pair, which JSON does not allow, becomes a question mark.
QString unicode(const QString &text)
{
    return text.isValidUtf16() ? text : QString::fromUtf8(text.toUtf8());
}

// What a value takes at least when it is written: a look at lengths only.
qsizetype leastSize(const QVariant &value)
{
    qsizetype size = 0;
    switch (value.typeId()) {
    case QMetaType::QString:
        return static_cast<const QString *>(value.constData())->size();
    case QMetaType::QByteArray:
        return static_cast<const QByteArray *>(value.constData())->size();
    case QMetaType::QStringList:
        for (const QString &item : *static_cast<const QStringList *>(value.constData()))
            size += item.size();
        return size;
    case QMetaType::QVariantList:
        for (const QVariant &item : *static_cast<const QVariantList *>(value.constData()))
            size += leastSize(item);
        return size;
    default:
        return 0;
    }
}

// Turning a value into JSON takes many times its size in memory: what can never be sent is refused before.
std::optional<QString> tooLong(const QVariant &value, qsizetype limit)
{
    const qsizetype size = leastSize(value);
    if (size <= limit)
        return {};
    return QStringLiteral("a message of more than %1 bytes, where %2 are allowed").arg(size).arg(limit);
}

std::optional<QString> append(const QJsonArray &message, qsizetype limit, QByteArray *out)
{
    const QByteArray text = textOf(message);
    if (text.size() > limit)
        return QStringLiteral("a message of %1 bytes, where %2 are allowed").arg(text.size()).arg(limit);
    out->append(text);
    return {};
}

}

Decoded JsonReader::next(QJsonArray *message)
{
    if (!m_error.isEmpty())
        return Decoded::Broken;
    QByteArrayView text;
    const Decoded decoded = m_scanner.next(&text);
    if (decoded == Decoded::Broken)
        return fail(m_scanner.errorString());
    if (decoded == Decoded::Nothing)
        return decoded;
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(QByteArray::fromRawData(text.data(), text.size()), &error);
    if (error.error != QJsonParseError::NoError)
        return fail(QStringLiteral("malformed JSON: %1 at byte %2").arg(error.errorString()).arg(error.offset));
    if (const auto illegal = strictnessError(text))
        return fail(QStringLiteral("malformed JSON: %1").arg(*illegal));
    *message = document.array();
    if (!message->at(0).isString())
        return fail(QStringLiteral("message without a command"));
    return Decoded::Message;
}

Decoded JsonReader::fail(const QString &error)
{
    m_error = onOneLine(error);
    return Decoded::Broken;
}

std::optional<QString> JsonClientCodec::encodeCall(const QVariantList &items, QByteArray *out) const
{
    QJsonArray message{CallCommand, QJsonObject()};
    for (const QVariant &item : items) {
        if (auto failure = tooLong(item, m_maxMessageSize))
            return failure;
        QJsonValue json;
        if (auto failure = toJson(item, &json, 1))
            return failure;
        message.append(json);
    }
    return append(message, m_maxMessageSize, out);
}

void JsonClientCodec::encodeDone(QByteArray *out) const
{
    out->append("[\"dn\",{}]");
}

Decoded JsonClientCodec::next(Reply *reply)
{
    QJsonArray message;
    const Decoded decoded = m_reader.next(&message);
    if (decoded != Decoded::Message)
        return decoded;
    const QString command = message.at(0).toString();
    const bool isResult = command == ResultCommand;
    if (!isResult && command != FailureCommand)
        return m_reader.fail(QStringLiteral("unrecognised response code '%1'").arg(command));
    if (message.size() < 3)
        return m_reader.fail(QStringLiteral("'%1' reply with %2 elements, fewer than 3").arg(command).arg(message.size()));
    *reply = Reply();
    const QJsonValue payload = message.at(2);
    if (isResult) {
        reply->value = payload.toVariant();
        return decoded;
    }
    const QJsonObject meta = message.at(1).toObject(); // anything else says nothing: some servers send null, or a list that is empty
    reply->kind = Reply::Failure;
    reply->failure.code = meta.value(CodeKey).toString();
    reply->failure.data = meta.value(DataKey).toVariant();
    reply->failure.message = payload.toString();
    if (!payload.isString()) { // a Perl worker may die with any structure
        const QByteArray text = textOf(QJsonArray{payload});
        reply->failure.message = QString::fromUtf8(text.sliced(1, text.size() - 2));
        reply->failure.data = payload.toVariant();
    }
    return decoded;
}

std::optional<QString> JsonWorkerCodec::encodeResult(const QVariant &value, QByteArray *out) const
{
    if (auto failure = tooLong(value, m_maxMessageSize))
        return failure;
    QJsonValue json;
    if (auto failure = toJson(value, &json, 1))
        return failure;
    return append({ResultCommand, QJsonObject(), json}, m_maxMessageSize, out);
}

void JsonWorkerCodec::encodeFailure(const QString &message, const QString &code, const QVariant &data, QByteArray *out) const
{
    QJsonObject meta;
    if (!code.isEmpty())
        meta.insert(CodeKey, code);
    try {
        QJsonValue json;
        if (data.isValid() && !toJson(data, &json, 2))
            meta.insert(DataKey, json);
    } catch (...) { // a conversion of the data's: it costs no more than that
    }
    if (append({FailureCommand, meta, unicode(message)}, m_maxMessageSize, out))
        out->append(textOf({FailureCommand, QJsonObject(), unicode(message.left(m_maxMessageSize / 8))}));
}

Decoded JsonWorkerCodec::next(Request *request)
{
    QJsonArray message;
    const Decoded decoded = m_reader.next(&message);
    if (decoded != Decoded::Message)
        return decoded;
    const QString command = message.at(0).toString();
    *request = Request();
    if (const QJsonValue meta = message.at(1); !meta.isObject() && !meta.isNull())
        return m_reader.fail(QStringLiteral("message without meta data"));
    if (command == DoneCommand) {
        request->kind = Request::Done;
        return decoded;
    }
    if (command != CallCommand)
        return m_reader.fail(QStringLiteral("unknown command '%1'").arg(command));
    request->items.reserve(message.size() - 2);
    for (qsizetype i = 2; i < message.size(); ++i)
        request->items.append(message.at(i).toVariant());
    return decoded;
}

}
