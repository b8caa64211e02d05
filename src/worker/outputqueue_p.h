// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_OUTPUTQUEUE_P_H
#define QTPREFORK_OUTPUTQUEUE_P_H

#include "wire/buffertrimmer_p.h"
#include "wire/message_p.h"
#include "wire/nativefields_p.h"
#include "worker/channel_p.h"
#include "worker/scoreboardpage_p.h"

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/workermethod.h>
#include <QtPrefork/error.h>
#include <QtPrefork/progress.h>

#include <QtCore/QAnyStringView>

#include <optional>

namespace Prefork::Internal {

/// This is the queue of a worker's messages to its native client, which a NativeSession owns: it encodes them, holds
/// them back, and writes them in one piece when it is told to. It decides nothing about when that is. It also keeps the
/// scoreboard's list of the calls that have begun and whose answers were not written yet.
class OutputQueue
{
    Q_DISABLE_COPY_MOVE(OutputQueue)

public:
    static constexpr int MaxHeld = 64;
    static constexpr qsizetype MaxHeldBytes = 16 * 1024;

    OutputQueue(const Channel &channel, ScoreboardPage *page, const detail::TypeRegistry *types)
        : m_channel(channel)
        , m_page(page)
        , m_types(types)
    {
    }
    /// Sets the largest message that the client accepts: in bytes, and in the memory that its values take.
    void setLimits(qsizetype size, qint64 decodedSize)
    {
        m_limit = size;
        m_decodedSize = decodedSize;
    }
    [[nodiscard]] qsizetype limit() const { return m_limit; }

    /// Returns the bytes that wait to be written; the caller may append a message.
    [[nodiscard]] QByteArray *bytes() { return &m_bytes; }
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }
    /// Returns whether so much waits that it should be written before anything is added.
    [[nodiscard]] bool isFull() const
    {
        return m_answers >= MaxHeld || m_bytes.size() >= MaxHeldBytes || !m_chunks.empty();
    }
    /// Returns the size of the largest piece that waits: of the bytes, or of a byte string that is kept apart from
    /// them.
    [[nodiscard]] qsizetype largestPart() const;

    /// Says that a call begins; callNeverBegan() takes that back, if it was canceled before its method began.
    void callBegins(quint64 id) { m_page->begun[m_begun++].store(id, std::memory_order_relaxed); }
    void callNeverBegan() { m_page->begun[--m_begun].store(0, std::memory_order_relaxed); }
    /// Says that the answer of a call is among the bytes.
    void callAnswered() { ++m_answers; }

    void appendFailure(const Error &error, const QString &code, quint64 id);
    void appendCanceled(quint64 id, bool hadBegun);
    /// Throws, and appends nothing, if the client does not accept the event or it cannot be encoded.
    void appendEvent(QAnyStringView name, const detail::CallArguments &arguments, quint64 id);
    /// Keeps the progress of a call, instead of any earlier one, until appendProgress() or the call's next message.
    /// Throws if the client does not accept it.
    void setProgress(const Progress &progress, quint64 id);
    void appendProgress();
    void appendBare(Wire::Native::Kind kind, quint64 id) { Wire::Native::appendBareMessage(&m_bytes, kind, id); }

    /// Writes everything that waits: what the kernel takes at once directly, the rest by `deliver(bytes)`. @p isRunning
    /// says whether a call has begun that is not answered. Returns false if it cannot be delivered.
    template <class Deliver>
    [[nodiscard]] bool flush(Deliver deliver, bool isRunning)
    {
        // If the reply is written whole at once, a worker that is killed right afterwards is known not to be in the
        // middle of a message, and its zygote can say goodbye for it.
        bool delivered = true;
        const qsizetype atOnce = m_chunks.empty() && m_channel.tryWrite ? m_channel.tryWrite(m_bytes) : 0;
        if (atOnce < m_bytes.size()) {
            // If the worker dies now, half a message may have been written.
            m_page->midWrite.store(1, std::memory_order_relaxed);
            m_bytes.remove(0, atOnce);
            const auto each
                = [&](QByteArrayView piece) { delivered = delivered && (piece.isEmpty() || deliver(piece)); };
            Wire::forEachPiece(m_bytes, m_chunks, each, each);
            m_page->midWrite.store(0, std::memory_order_release);
        }
        haveBeenSent(isRunning);
        return delivered;
    }

private:
    friend class Reply;
    struct KeptProgress
    {
        quint64 id;
        Progress progress;
    };
    void append(const KeptProgress &said, QByteArray *out) const;
    void haveBeenSent(bool isRunning);
    void check(detail::CborWriter &writer, qsizetype start) const
    {
        const qsizetype size = writer.position() - start + writer.chunkBytes() - Wire::Native::Header::Size;
        if (writer.hasFailed() || size > m_limit || writer.decodedSize() > detail::decodedBound(size, m_decodedSize))
            [[unlikely]]
            refuse(writer, size);
    }
    void refuse(detail::CborWriter &writer, qsizetype size) const;

    const Channel &m_channel;
    ScoreboardPage *const m_page;
    const detail::TypeRegistry *const m_types;
    qsizetype m_limit = 0;
    qint64 m_decodedSize = DefaultMaxDecodedSize;
    QByteArray m_bytes;
    std::vector<detail::CborChunk> m_chunks; // large byte strings that belong between m_bytes
    Wire::BufferTrimmer m_trimmer; // limits what m_bytes keeps
    int m_answers = 0; // how many answers wait
    std::optional<KeptProgress> m_progress; // the progress that waits
    std::size_t m_begun = 0; // how many slots of the scoreboard's list are used
};

/// This is the result of one call, which a method writes straight into an OutputQueue. begin() is called when the
/// method has returned; finish() or takeBack() ends it.
class Reply final : public detail::ResultSink
{
    Q_DISABLE_COPY_MOVE(Reply)

public:
    explicit Reply(OutputQueue &output)
        : m_output(output)
    {
    }
    ~Reply() = default;
    detail::CborWriter &begin() override;
    /// Says that the whole result was written. Throws if it cannot be sent.
    void finish(quint64 id);
    /// Removes from the queue what was written of the result.
    void takeBack();

private:
    OutputQueue &m_output;
    std::optional<detail::CborWriter> m_writer;
    qsizetype m_start = -1; // where the message begins in the bytes; -1 if it was not begun
    std::size_t m_chunks = 0; // number of chunks before it
};

}

#endif
