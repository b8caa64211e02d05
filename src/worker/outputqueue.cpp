// SPDX-License-Identifier: MIT
#include "worker/outputqueue_p.h"

#include "wire/callproblems_p.h"
#include "wire/utf8_p.h"
#include "worker/runningcall_p.h"

#include <algorithm>

namespace Prefork::Internal {

namespace Native = Wire::Native;
using detail::CborWriter;

qsizetype OutputQueue::largestPart() const
{
    qsizetype largest = m_bytes.size();
    for (const detail::CborChunk &chunk : m_chunks)
        largest = std::max(largest, chunk.bytes.size());
    return largest;
}

void OutputQueue::appendFailure(const Error &error, const QString &code, quint64 id)
{
    appendProgress();
    CborWriter writer(&m_bytes, m_types);
    const qsizetype start = writer.skip(Native::Header::Size);
    const auto write = [&](const QString &message, bool withData) {
        writer.beginArray(2);
        writer.beginMap(withData ? 2 : 1);
        writer.writeUtf8("code");
        writer.writeText(code);
        if (withData) {
            writer.writeUtf8("data");
            writer.writeVariant(error.data());
        }
        writer.writeText(Wire::wellFormed(message));
    };
    bool hasThrown = false;
    try {
        write(error.message(), error.data().isValid());
    } catch (...) { // an operator<< of the data has thrown: the error is sent without them
        hasThrown = true;
    }
    const qsizetype size = writer.position() - start - Native::Header::Size;
    if (hasThrown || writer.hasFailed() || size > m_limit
        || writer.decodedSize() > detail::decodedBound(size, m_decodedSize)) {
        writer.truncate(start + Native::Header::Size);
        write(error.message().left(m_limit / 8), false);
    }
    Native::finishMessage(writer, start, Native::Failure, id);
}

void OutputQueue::appendCanceled(quint64 id, bool hadBegun)
{
    appendProgress();
    CborWriter writer(&m_bytes);
    const qsizetype start = writer.skip(Native::Header::Size);
    writer.beginMap(1);
    writer.writeUtf8("begun");
    writer.writeBool(hadBegun);
    Native::finishMessage(writer, start, Native::Canceled, id);
}

// The event is encoded apart from the other bytes: the user's code that writes the arguments may emit an event itself.
void OutputQueue::appendEvent(QAnyStringView name, const detail::CallArguments &arguments, quint64 id)
{
    QByteArray message;
    CborWriter writer(&message, m_types);
    const qsizetype start = writer.skip(Native::Header::Size);
    writer.beginArray(2 + arguments.count());
    writer.beginMap(0);
    writer.writeText(name.toString());
    arguments.write(writer);
    check(writer, start);
    if (writer.hasFailed())
        throw Error(Wire::encodingProblem({writer.errorString(), writer.failedArgument()}, name.toString()));
    Native::finishMessage(writer, start, Native::Event, id);
    writer.finish();
    appendProgress();
    m_bytes.append(message);
}

void OutputQueue::setProgress(const Progress &progress, quint64 id)
{
    constexpr qsizetype Short = 64; // any client accepts a text of this length
    if (progress.text().size() > Short || !progress.text().isValidUtf16()) {
        QByteArray attempt;
        append({id, progress}, &attempt);
    }
    m_progress = {id, progress};
}

void OutputQueue::appendProgress()
{
    if (m_progress) [[unlikely]] {
        append(*m_progress, &m_bytes);
        m_progress.reset();
    }
}

void OutputQueue::append(const KeptProgress &said, QByteArray *out) const
{
    CborWriter writer(out);
    const qsizetype start = writer.skip(Native::Header::Size);
    writer.beginArray(4);
    writer.beginMap(0);
    writer.writeSigned(said.progress.value());
    writer.writeSigned(said.progress.maximum());
    writer.writeText(said.progress.text());
    check(writer, start);
    if (writer.hasFailed())
        throw Error(QStringLiteral("the progress cannot be sent: %1").arg(writer.errorString()));
    Native::finishMessage(writer, start, Native::Progress, said.id);
}

void OutputQueue::refuse(CborWriter &writer, qsizetype size) const
{
    if (!writer.hasFailed() && size > m_limit)
        writer.fail(detail::messageSizeError(size, m_limit));
    if (writer.decodedSize() > detail::decodedBound(size, m_decodedSize))
        writer.fail(detail::decodedSizeError(size, m_decodedSize));
}

// Empties the queue and takes the answered calls off the scoreboard's list. That comes after the write: if the worker
// is killed in between, the list names too many calls as begun, never too few.
void OutputQueue::haveBeenSent(bool isRunning)
{
    if (isRunning && m_begun > 1)
        m_page->begun[0].store(m_page->begun[m_begun - 1].load(std::memory_order_relaxed), std::memory_order_relaxed);
    const std::size_t stay = isRunning ? 1 : 0;
    while (m_begun > stay)
        m_page->begun[--m_begun].store(0, std::memory_order_relaxed);
    m_trimmer.empty(&m_bytes);
    m_chunks.clear();
    m_answers = 0;
}

CborWriter &Reply::begin()
{
    RunningCall::hasReturned();
    m_output.appendProgress();
    m_start = m_output.m_bytes.size();
    m_chunks = m_output.m_chunks.size();
    CborWriter &writer = m_writer.emplace(&m_output.m_bytes, m_output.m_types, &m_output.m_chunks);
    writer.skip(Native::Header::Size);
    writer.beginArray(2);
    writer.beginMap(0);
    return writer;
}

void Reply::finish(quint64 id)
{
    m_output.check(*m_writer, m_start);
    if (m_writer->hasFailed())
        throw Error(QStringLiteral("the result cannot be sent: %1").arg(m_writer->errorString()));
    Native::finishMessage(*m_writer, m_start, Native::Result, id);
    m_writer.reset();
}

void Reply::takeBack()
{
    if (m_start < 0)
        return;
    m_writer.reset();
    m_output.m_bytes.resize(m_start);
    m_output.m_chunks.resize(m_chunks);
}

}
