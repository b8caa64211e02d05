// SPDX-License-Identifier: MIT
#include "wire/nativeprotocol_p.h"

#include "wire/callproblems_p.h"
#include "wire/nativefields_p.h"
#include "wire/oneline_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Wire::Native {

using detail::CborReader;
using detail::CborWriter;

namespace {

constexpr qsizetype Large = 8 * 1024; // a larger result is read in steps

// Writes what a Call has before its arguments.
void writeCallHead(CborWriter &writer, const detail::CallTarget &target, std::size_t argumentCount)
{
    writer.beginArray(2 + argumentCount);
    writer.beginMap(0);
    if (target.literal)
        writer.writeUtf8(target.literal);
    else if (!target.name.isNull())
        writer.writeText(target.name);
    else
        writer.writeNull();
}

// Reads up to the value of a result, and sets @p start to where it begins.
inline bool beginResult(CborReader &reader, qsizetype *start)
{
    quint64 count = 0;
    if (!reader.readArray(&count) || count != 2 || !skipMeta(reader))
        return false;
    *start = reader.position();
    return true;
}

}

bool ConnectionCodec::greet(QByteArray *out)
{
    out->append(Preamble);
    CborWriter writer(out);
    const qsizetype start = writer.skip(Header::Size);
    beginHello(writer, m_maxMessageSize, m_maxDecodedSize, 0);
    writeFeatures(writer);
    finishMessage(writer, start, Hello, 0);
    return true;
}

Decoded ConnectionCodec::next(Incoming *message)
{
    if (!m_error.isEmpty())
        return Decoded::Broken;
    const Decoded decoded = m_buffer.next(&m_packet);
    if (decoded != Decoded::Message)
        return decoded;
    message->id = m_packet.header.id;
    const quint8 kind = m_packet.header.kind;
    if (m_isGreeted == (kind == Hello) && kind != Goodbye)
        return fail(m_isGreeted ? QStringLiteral("a second hello")
                                : QStringLiteral("a message of kind %1 before hello").arg(kind));
    switch (kind) {
    case Result:
        message->kind = Incoming::Result;
        return decoded;
    case Failure:
        message->kind = Incoming::Failure;
        return readFailure(&message->failure) ? decoded : fail(QStringLiteral("a malformed error"));
    case Hello:
        message->kind = Incoming::Hello;
        return readHello() ? decoded : fail(QStringLiteral("a malformed hello"));
    case Released:
        message->kind = Incoming::Released;
        return decoded;
    case Goodbye:
        message->kind = Incoming::Goodbye;
        return readGoodbye(message) ? decoded : fail(QStringLiteral("a malformed goodbye"));
    default:
        return readFeature(message);
    }
}

// Reads a message of a kind that belongs to a feature. If the feature is not spoken on this connection, the kind is
// unknown.
Decoded ConnectionCodec::readFeature(Incoming *message)
{
    const quint8 kind = m_packet.header.kind;
    if (kind == Event && m_features.event) {
        message->kind = Incoming::Event;
        return readEvent(message) ? Decoded::Message : fail(QStringLiteral("a malformed event"));
    }
    if (kind == Progress && m_features.progress) {
        message->kind = Incoming::Progress;
        return readProgress(message) ? Decoded::Message : fail(QStringLiteral("malformed progress"));
    }
    if (kind == Canceled && m_features.cancel) {
        message->kind = Incoming::Canceled;
        return readCanceled(message) ? Decoded::Message : fail(QStringLiteral("a malformed canceled"));
    }
    if (kind == Begun && m_features.begun) {
        message->kind = Incoming::Begun;
        return m_packet.payload.isEmpty() ? Decoded::Message : fail(QStringLiteral("a malformed begun"));
    }
    return fail(QStringLiteral("a message of the unknown kind %1").arg(kind));
}

Decoded ConnectionCodec::fail(const QString &error)
{
    if (m_error.isEmpty())
        m_error = error;
    return Decoded::Broken;
}

bool ConnectionCodec::hasAnswer(QByteArrayView behind) const
{
    const QByteArray bytes = m_buffer.allRest().append(behind);
    for (QByteArrayView rest = bytes; rest.size() >= Header::Size;) {
        const Header header = Header::read(rest.data());
        if (!header.isClean || header.length > quint64(m_maxMessageSize))
            return true; // next() will end the connection for this
        const qsizetype size = Header::Size + qsizetype(header.length);
        if (rest.size() < size)
            break;
        if (header.kind != Event && header.kind != Progress && header.kind != Begun)
            return true;
        rest = rest.sliced(size);
    }
    return false;
}

bool ConnectionCodec::readHello()
{
    CborReader reader(m_packet.payload);
    quint64 version = 0;
    quint64 limit = 0;
    bool isFine = readFields(reader, [&](QByteArrayView name, CborReader &value) {
        if (name == "version")
            return known(value, value.readUnsigned(&version));
        if (name == "limit")
            return known(value, value.readUnsigned(&limit));
        if (name == "decoded")
            return known(value, readSize(value, &m_traits.maxDecodedSize));
        if (name == "checkoutDone")
            return known(value, value.readBool(&m_traits.acknowledgesRelease));
        if (bool isOrdered = true; name == "ordered") // other orders are not supported yet
            return known(value, value.readBool(&isOrdered) && isOrdered);
        if (name == "features")
            return known(value, readFeatures(value, &m_features));
        if (quint64 pid = 0; name == "pid") {
            const bool isRead = value.readUnsigned(&pid);
            m_traits.processId = pid <= quint64(std::numeric_limits<qint32>::max()) ? qint64(pid) : 0; // no system's
            return known(value, isRead);
        }
        if (name == "signatures")
            return known(value, readSignatures(value));
        if (name != "methods")
            return false;
        quint64 count = 0;
        bool isTable = value.readMap(&count) && count <= MaxMethods;
        for (quint64 i = 0; i < count && isTable; ++i) {
            QByteArrayView method;
            quint64 hash = 0;
            isTable = value.readUtf8(&method) && value.readUnsigned(&hash) && !m_methods.contains(method.toByteArray());
            m_methods.insert(method.toByteArray(), hash);
        }
        return isTable || value.fail(QStringLiteral("malformed methods"));
    });
    m_isGreeted = m_traits.pipelines = true;
    m_buffer.greeted();
    m_traits.cancels = m_features.cancel;
    m_traits.tellsBegun = m_features.begun;
    m_traits.headerSize = Header::Size;
    m_traits.maxMessageSize = qsizetype(std::min<quint64>(limit, quint64(std::numeric_limits<qsizetype>::max())));
    return isFine && reader.atEnd() && version >= 1 && limit > 0;
}

// If an error's data cannot be decoded here, the error is read once more without them, so that its text arrives.
bool ConnectionCodec::readFailure(FailureText *failure, WithData withData)
{
    *failure = {};
    CborReader reader(m_packet.payload, m_types.get(), nullptr, m_maxDecodedSize);
    quint64 count = 0;
    const bool isFine
        = reader.readArray(&count) && count == 2 && readFields(reader, [&](QByteArrayView name, CborReader &value) {
              if (name == "code")
                  return known(value, value.readText(&failure->code));
              return withData == WithData::Yes && name == "data" && value.readVariant(&failure->data);
          });
    if (reader.isRefused() && withData == WithData::Yes) {
        const QString detail = QStringLiteral("its data cannot be taken: %1").arg(reader.errorString());
        const bool isText = readFailure(failure, WithData::No);
        failure->detail = detail;
        return isText;
    }
    if (reader.isRefused())
        *failure = {QStringLiteral("the error cannot be taken: %1").arg(reader.errorString()), {}, {}, {}};
    return reader.isRefused() || (isFine && reader.readText(&failure->message) && reader.atEnd());
}

bool ConnectionCodec::readSignatures(CborReader &reader)
{
    quint64 count = 0;
    if (!reader.readMap(&count) || count > MaxMethods)
        return false;
    for (quint64 i = 0; i < count; ++i) {
        QByteArrayView method;
        QByteArrayView text;
        if (!reader.readUtf8(&method) || !reader.readUtf8(&text))
            return false;
        m_signatures.insert(method.toByteArray(), text.toByteArray());
    }
    return true;
}

bool ConnectionCodec::readEvent(Incoming *message)
{
    CborReader reader(m_packet.payload, m_types.get(), nullptr, m_maxDecodedSize);
    quint64 count = 0;
    if (!reader.readArray(&count) || count < 2 || !skipMeta(reader) || !reader.readText(&message->event))
        return false;
    message->argumentCount = count - 2;
    message->arguments = m_packet.payload.sliced(reader.position());
    for (quint64 i = 0; i < message->argumentCount; ++i) {
        if (!reader.skip())
            return false;
    }
    return reader.atEnd();
}

bool ConnectionCodec::readProgress(Incoming *message)
{
    CborReader reader(m_packet.payload, nullptr, nullptr, m_maxDecodedSize);
    quint64 count = 0;
    qint64 value = 0;
    qint64 maximum = 0;
    QString text;
    const bool isFine = reader.readArray(&count) && count == 4 && skipMeta(reader) && reader.readSigned(&value)
        && reader.readSigned(&maximum) && reader.readText(&text) && reader.atEnd();
    message->progress = Prefork::Progress(value, maximum, text);
    return isFine;
}

bool ConnectionCodec::readCanceled(Incoming *message)
{
    CborReader reader(m_packet.payload);
    bool isTold = false;
    const bool isFine = readFields(reader, [&](QByteArrayView name, CborReader &value) {
        if (name != "begun")
            return false;
        isTold = true;
        return known(value, value.readBool(&message->hadBegun));
    });
    return isFine && isTold && reader.atEnd();
}

// Reads the ids of the calls that have begun and were not answered.
bool ConnectionCodec::readBegun(CborReader &reader, std::vector<quint64> *begun)
{
    quint64 count = 0;
    if (!reader.readArray(&count) || count > MaxBegun)
        return false;
    for (quint64 i = 0; i < count; ++i) {
        if (!reader.readUnsigned(&begun->emplace_back()))
            return false;
    }
    return true;
}

bool ConnectionCodec::readGoodbye(Incoming *message)
{
    message->cause.clear();
    message->reason.clear();
    message->begun.clear();
    CborReader reader(m_packet.payload);
    const bool isFine = readFields(reader, [&](QByteArrayView name, CborReader &value) {
        if (name == "cause")
            return known(value, value.readText(&message->cause));
        if (name == "begun")
            return known(value, readBegun(value, &message->begun));
        return name == "reason" && known(value, value.readText(&message->reason));
    });
    message->cause = onOneLine(message->cause);
    return isFine && reader.atEnd();
}

inline ResultReading ConnectionCodec::readAtOnce(detail::ResultHandler *handler, QString *problem)
{
    CborReader reader(m_packet.payload, m_types.get(), m_packet.owner, m_maxDecodedSize);
    qsizetype start = -1;
    const bool isRead = beginResult(reader, &start) && (handler ? handler->read(reader) : reader.skip());
    if (isRead && reader.atEnd()) [[likely]]
        return ResultReading::Taken;
    return ended(reader, isRead, start, problem);
}

bool ConnectionCodec::readPlainly(detail::ResultHandler *handler)
{
    if (m_long || m_packet.payload.size() >= Large)
        return false;
    CborReader reader(m_packet.payload, m_types.get(), nullptr, m_maxDecodedSize);
    qsizetype start = -1;
    return beginResult(reader, &start) && handler->read(reader) && reader.atEnd();
}

ResultReading ConnectionCodec::readResult(detail::ResultHandler *handler, int steps, QString *problem)
{
    if (m_long || m_packet.payload.size() >= Large) [[unlikely]] {
        if (m_long && m_long->handler != handler) // the call was given up meanwhile
            m_long.reset();
        const ResultReading reading = handler ? readInSteps(handler, steps, problem) : readAtOnce(handler, problem);
        if (reading != ResultReading::Unfinished)
            m_long.reset();
        return reading;
    }
    return readAtOnce(handler, problem);
}

ResultReading ConnectionCodec::readInSteps(detail::ResultHandler *handler, int steps, QString *problem)
{
    if (!m_long) {
        std::unique_ptr<detail::StepReader> reader = handler->makeStepReader();
        if (!reader)
            return readAtOnce(handler, problem);
        m_long
            = std::make_unique<LongReading>(handler, m_packet.payload, m_types.get(), m_packet.owner, m_maxDecodedSize);
        m_long->steps = std::move(reader);
        if (!beginResult(m_long->reader, &m_long->start))
            return ended(m_long->reader, false, -1, problem);
    }
    const detail::StepState state = m_long->steps->read(m_long->reader, &steps);
    if (state == detail::StepState::Working)
        return ResultReading::Unfinished;
    return ended(m_long->reader, state == detail::StepState::Done, m_long->start, problem);
}

// Finds out what a finished reading means. @p start is where the value begins, or -1 if it was not found.
ResultReading ConnectionCodec::ended(CborReader &reader, bool isRead, qsizetype start, QString *problem)
{
    if (isRead && reader.atEnd())
        return ResultReading::Taken;
    if (QVariant value; !isRead && start >= 0 && !reader.isBroken() && reader.seek(start) && reader.readVariant(&value)
        && reader.atEnd()) {
        *problem = detail::describe(value);
        return ResultReading::Misfit;
    }
    *problem = reader.isBroken() ? onOneLine(reader.errorString()) : QStringLiteral("a malformed result");
    if (reader.isRefused()) {
        if (!reader.isTold())
            problem->prepend(QStringLiteral("the result cannot be taken: "));
        return ResultReading::Refused;
    }
    m_error = *problem;
    return ResultReading::Malformed;
}

std::optional<QString> ConnectionCodec::mismatch(const char *method, const detail::Signature &signature)
{
    Checked &checked = checkedOf(method);
    if (checked.isFor(method, &signature))
        return {};
    const auto known = m_methods.constFind(QByteArray::fromRawData(method, qsizetype(qstrlen(method))));
    if (known != m_methods.cend() && *known != signature.hash)
        return differenceTo(QString::fromUtf8(method), signature);
    checked = {method, &signature};
    return {};
}

inline const ConnectionCodec::Checked *ConnectionCodec::check(const detail::CallTarget &target,
                                                              std::size_t argumentCount)
{
    Checked &checked = checkedOf(target.literal);
    if (!checked.isFor(target.literal, target.signature) && mismatch(target.literal, *target.signature))
        return nullptr;
    if (checked.headSize != Checked::NoHead) [[likely]]
        return &checked;
    QByteArray head;
    CborWriter writer(&head);
    writeCallHead(writer, target, argumentCount);
    writer.finish();
    checked.headSize = 0;
    if (std::size_t(head.size()) <= checked.head.size()) {
        std::copy(head.cbegin(), head.cend(), checked.head.begin());
        checked.headSize = qint8(head.size());
    }
    return &checked;
}

QString ConnectionCodec::differenceTo(const QString &method, const detail::Signature &signature) const
{
    using detail::Wording;
    const QByteArray there = m_signatures.value(method.toUtf8());
    const QString outOfDate = QStringLiteral(": one of the two programs is out of date");
    QString ourWords = detail::signatureInWords(signature.text);
    if (there.isEmpty())
        return QStringLiteral("'%1' is %2 here and something else there").arg(method, ourWords) + outOfDate;
    QString theirWords = detail::signatureInWords(there);
    if (ourWords == theirWords) {
        ourWords = detail::signatureInWords(signature.text, Wording::Fields);
        theirWords = detail::signatureInWords(there, Wording::Fields);
    }
    return QStringLiteral("'%1' is %2 here and %3 there").arg(method, ourWords, theirWords) + outOfDate;
}

void ConnectionCodec::address(OutMessage *call, quint64 id, quint64 group) const
{
    char *const bytes = call->bytes.data();
    qToBigEndian(id, bytes + 8);
    qToBigEndian(group, bytes + Header::Size);
}

void ConnectionCodec::encodeDone(quint64 id, QByteArray *out) const
{
    appendBareMessage(out, Release, id);
}

void ConnectionCodec::encodeCancel(quint64 id, QByteArray *out) const
{
    appendBareMessage(out, Cancel, id);
}

qsizetype ConnectionCodec::encodeCall(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                      quint64 id, quint64 group, QByteArray *out, OutMessage *copy)
{
    const Checked *const checked = target.signature ? check(target, arguments.count()) : nullptr;
    if (target.signature && !checked)
        return 0;
    const qsizetype start = out->size();
    CborWriter writer(out, m_types.get(), &m_chunks);
    try {
        writer.skip(Header::Size + GroupSize);
        if (checked && checked->headSize > 0)
            writer.writeEncoded({checked->head.data(), qsizetype(checked->headSize)});
        else
            writeCallHead(writer, target, arguments.count());
        arguments.write(writer);
    } catch (...) {
        writer.truncate(start);
        m_chunks.clear();
        throw;
    }
    const qsizetype size = writer.position() - start;
    if (writer.hasFailed() || !m_chunks.empty()
        || size - Header::Size > std::min(m_maxMessageSize, m_traits.maxMessageSize)
        || writer.decodedSize() > detail::DecodedAllowance) {
        writer.truncate(start);
        m_chunks.clear();
        return 0;
    }
    finishMessage(writer, start, Call, id);
    qToBigEndian(group, writer.at(start + Header::Size));
    if (copy) {
        copy->bytes.resize(size);
        std::copy_n(writer.at(start), size, copy->bytes.data());
        copy->decodedSize = writer.decodedSize();
    }
    return size;
}

std::optional<QString> NativeProtocol::encodeCall(const detail::CallTarget &target,
                                                  const detail::CallArguments &arguments, OutMessage *out)
{
    // The buffer is taken away, because an argument's own code may make another call meanwhile.
    QByteArray scratch = std::exchange(m_scratch, {});
    scratch.resize(0);
    CborWriter writer(&scratch, m_types.get(), &out->chunks);
    writer.skip(Header::Size + GroupSize); // the header is finished below, and the group is known later
    writeCallHead(writer, target, arguments.count());
    if (writer.hasFailed())
        return nameProblem(writer.errorString());
    arguments.write(writer);
    const qsizetype size = writer.position() + writer.chunkBytes();
    if (!writer.hasFailed() && size - Header::Size > m_maxMessageSize)
        writer.fail(detail::messageSizeError(size - Header::Size, m_maxMessageSize));
    if (writer.hasFailed()) {
        out->chunks.clear();
        return encodingProblem({writer.errorString(), writer.failedArgument()});
    }
    finishMessage(writer, 0, Call, 0);
    writer.finish();
    out->decodedSize = writer.decodedSize();
    if (scratch.size() < detail::CborChunkSize) {
        if (out->bytes.capacity() >= scratch.size())
            out->bytes.append(scratch.constData(), scratch.size());
        else
            out->bytes = QByteArray(scratch.constData(), scratch.size());
        m_scratch = std::move(scratch);
    } else {
        out->bytes = std::move(scratch);
    }
    return {};
}

}
