// SPDX-License-Identifier: MIT
#include "wire/jsoncodec_p.h"

#include "frame/counted_p.h"
#include "wire/jsonwriter_p.h"
#include "wire/oneline_p.h"
#include "wire/utf8_p.h"

#include <QtCore/QScopeGuard>

#include <algorithm>
#include <limits>
#include <utility>

namespace Prefork::Wire {

namespace {

const QLatin1StringView CallCommand("do");
const QLatin1StringView DoneCommand("dn");
const QLatin1StringView ResultCommand("ok");
const QLatin1StringView FailureCommand("er");
const QLatin1StringView CodeKey("code");
const QLatin1StringView DataKey("data");

// Returns the least number of bytes that a value takes when it is written. It looks at lengths only, so it is cheap.
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

// A value that is certainly too long is refused before any of it is written.
std::optional<QString> tooLong(const QVariant &value, qsizetype limit)
{
    const qsizetype size = leastSize(value);
    if (size <= limit)
        return {};
    return QStringLiteral("a message of more than %1 bytes, where %2 are allowed (maxMessageSize of client and zygote)")
        .arg(size)
        .arg(limit);
}

}

Decoded JsonReader::next(QVariantList *message)
{
    constexpr int StepsAtOnce = 2000;
    if (!m_error.isEmpty())
        return Decoded::Broken;
    if (!m_parser.isWorking()) {
        QByteArrayView text;
        const Decoded decoded = m_scanner.next(&text);
        if (decoded == Decoded::Broken)
            return fail(m_scanner.errorString());
        if (decoded == Decoded::Nothing)
            return decoded;
        m_parser.start(text, m_maxDecodedSize);
    }
    const JsonParser::State state = m_parser.parse(StepsAtOnce);
    if (state == JsonParser::State::Working)
        return Decoded::Unfinished;
    if (state == JsonParser::State::Malformed)
        return fail(m_parser.errorString());
    m_isRefused = state == JsonParser::State::Refused;
    *message = m_parser.take();
    if (message->value(0).typeId() != QMetaType::QString)
        return fail(QStringLiteral("message without a command"));
    return Decoded::Message;
}

Decoded JsonReader::fail(const QString &error)
{
    m_error = onOneLine(error);
    return Decoded::Broken;
}

namespace {

// Appends a message; @p write writes all of it but the last bracket. If something is wrong, nothing is appended, and
// what is wrong is returned.
template <class Write>
std::optional<QString> encodeWhole(QByteArray *out, qsizetype maxMessageSize, qint64 maxDecodedSize, Write write)
{
    JsonWriter writer(out, maxMessageSize);
    auto undo = qScopeGuard([&writer] { writer.undo(); }); // a conversion may throw as well
    std::optional<QString> failure = write(writer);
    writer.raw("]");
    if (!failure)
        failure = writer.finish(maxDecodedSize);
    if (!failure)
        undo.dismiss();
    return failure;
}

}

std::optional<QString> JsonClientCodec::encodeCall(const QVariantList &items, QByteArray *out,
                                                   qsizetype *failedItem) const
{
    if (failedItem)
        *failedItem = -1;
    return encodeWhole(out, m_maxMessageSize, m_maxDecodedSize, [&](JsonWriter &writer) {
        writer.raw("[\"do\",{}");
        writer.countMessage(items.size());
        std::optional<QString> failure;
        for (auto item = items.begin(); item != items.end() && !failure; ++item) {
            writer.raw(",");
            failure = tooLong(*item, m_maxMessageSize);
            if (failure)
                break;
            failure = writer.write(*item, 1);
            if (failure && failedItem && !writer.isFull())
                *failedItem = item - items.begin();
        }
        return failure;
    });
}

void JsonClientCodec::encodeDone(QByteArray *out) const
{
    out->append("[\"dn\",{}]");
}

Decoded JsonClientCodec::next(Reply *reply)
{
    QVariantList message;
    const Decoded decoded = m_reader.next(&message);
    if (decoded != Decoded::Message)
        return decoded;
    const QString command = message.at(0).toString();
    const bool isResult = command == ResultCommand;
    if (!isResult && command != FailureCommand)
        return m_reader.fail(QStringLiteral("unrecognised response code '%1'").arg(command));
    *reply = Reply();
    if (m_reader.isRefused()) {
        reply->kind = Reply::Failure;
        reply->failure.message = QStringLiteral("the reply cannot be taken: %1").arg(m_reader.refusal());
        return decoded;
    }
    if (message.size() < 3)
        return m_reader.fail(
            QStringLiteral("'%1' reply with %2, fewer than 3")
                .arg(command, Internal::counted(quint64(message.size()), QLatin1StringView("element"))));
    const QVariant payload = std::move(message[2]);
    if (isResult) {
        reply->value = payload;
        return decoded;
    }
    const QVariantMap meta
        = message.at(1).toMap(); // some servers send null or an empty list instead of a map, which says nothing
    reply->kind = Reply::Failure;
    if (const QVariant code = meta.value(CodeKey); code.typeId() == QMetaType::QString)
        reply->failure.code = code.toString();
    reply->failure.data = meta.value(DataKey);
    if (payload.typeId() == QMetaType::QString) {
        reply->failure.message = payload.toString();
        return decoded;
    }
    QByteArray text; // a Perl worker may die with any data structure
    static_cast<void>(JsonWriter(&text, std::numeric_limits<qsizetype>::max()).write(payload, 0));
    reply->failure.message = QString::fromUtf8(text);
    reply->failure.data = payload;
    return decoded;
}

std::optional<QString> JsonWorkerCodec::encodeResult(const QVariant &value, QByteArray *out) const
{
    if (std::optional<QString> failure = tooLong(value, m_maxMessageSize))
        return failure;
    return encodeWhole(out, m_maxMessageSize, m_maxDecodedSize, [&](JsonWriter &writer) {
        writer.raw("[\"ok\",{},");
        writer.countMessage(1);
        return writer.write(value, 1);
    });
}

void JsonWorkerCodec::encodeFailure(const QString &message, const QString &code, const QVariant &data,
                                    QByteArray *out) const
{
    const auto encode = [&](const QString &text, bool withCode, bool withData) {
        QVariantMap meta;
        if (withCode)
            meta.insert(CodeKey, code);
        if (withData)
            meta.insert(DataKey, data);
        const auto write = [&](JsonWriter &writer) {
            writer.raw("[\"er\",");
            writer.countMessage(1);
            std::optional<QString> failure;
            try {
                failure = writer.write(meta, 1);
            } catch (...) { // converting the data has thrown: only the data are left out
                failure = QStringLiteral("the data cannot be converted");
            }
            writer.raw(",");
            return failure ? failure : writer.write(wellFormed(text), 1);
        };
        return !encodeWhole(out, m_maxMessageSize, m_maxDecodedSize, write);
    };
    const bool isCoded = !code.isEmpty();
    if (!encode(message, isCoded, data.isValid()) && !encode(message, isCoded, false))
        encode(message.left(m_maxMessageSize / 8), false, false);
}

Decoded JsonWorkerCodec::next(Request *request)
{
    QVariantList message;
    const Decoded decoded = m_reader.next(&message);
    if (decoded != Decoded::Message)
        return decoded;
    const QString command = message.at(0).toString();
    *request = Request();
    if (command != CallCommand && command != DoneCommand)
        return m_reader.fail(QStringLiteral("unknown command '%1'").arg(command));
    if (m_reader.isRefused()) {
        request->refusal = m_reader.refusal();
    } else if (const QVariant meta = message.value(1); meta.typeId() != QMetaType::QVariantMap) {
        return m_reader.fail(QStringLiteral("message without meta data"));
    }
    request->kind = command == DoneCommand ? Request::Done : Request::Call;
    if (request->kind == Request::Call) {
        message.remove(0, std::min<qsizetype>(2, message.size()));
        request->items = std::move(message);
    }
    return decoded;
}

}
