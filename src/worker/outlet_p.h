// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_OUTLET_P_H
#define QTPREFORK_OUTLET_P_H

#include "wire/message_p.h"
#include "wire/nativefields_p.h"
#include "wire/thrift_p.h"
#include "worker/channel_p.h"
#include "worker/scoreboardpage_p.h"

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/workermethod.h>
#include <QtPrefork/error.h>
#include <QtPrefork/progress.h>

#include <QtCore/QAnyStringView>

#include <optional>

namespace Prefork::Internal {

/// What a worker says to a native client: encodes it, and keeps it until it is to leave, in one piece. It keeps the
/// scoreboard's list of the calls that have begun and whose answer has not left.
class Outlet
{
    Q_DISABLE_COPY_MOVE(Outlet)

public:
    static constexpr int MaxHeld = 64;
    static constexpr qsizetype MaxHeldBytes = 16 * 1024;

    Outlet(const Channel &channel, ScoreboardPage *page, const detail::TypeRegistry *types)
        : m_channel(channel)
        , m_page(page)
        , m_types(types)
    {
    }
    /// What the client accepts of a message, in bytes and as values in memory.
    void setLimits(qsizetype size, qint64 decodedSize)
    {
        m_limit = size;
        m_decodedSize = decodedSize;
    }
    [[nodiscard]] qsizetype limit() const { return m_limit; }

    /// The bytes that wait, to be added to.
    [[nodiscard]] QByteArray *bytes() { return &m_bytes; }
    [[nodiscard]] bool isEmpty() const { return m_bytes.isEmpty(); }
    /// Whether so much waits that it should leave before there is more.
    [[nodiscard]] bool isFull() const
    {
        return m_answers >= MaxHeld || m_bytes.size() >= MaxHeldBytes || !m_chunks.empty();
    }
    /// The size of the largest part of it.
    [[nodiscard]] qsizetype largestPart() const;

    /// A call begins, or was canceled before its method did.
    void callBegins(quint64 id) { m_page->begun[m_begun++].store(id, std::memory_order_relaxed); }
    void callNeverBegan() { m_page->begun[--m_begun].store(0, std::memory_order_relaxed); }
    /// Its answer is among the bytes.
    void callAnswered() { ++m_answers; }

    void appendFailure(const Error &error, const QString &code, quint64 id);
    void appendCanceled(quint64 id, bool hadBegun);
    /// Both throw, and append nothing, if the client does not accept it.
    void appendEvent(QAnyStringView name, const detail::CallArguments &arguments, quint64 id);
    /// Keeps it, in place of what is kept, until the next message of the call, or until it is to go.
    void setProgress(const Progress &progress, quint64 id);
    void appendProgress();
    void appendBare(Wire::Native::Kind kind, quint64 id) { Wire::Native::appendBareMessage(&m_bytes, kind, id); }

    /// Writes all of it by means of `deliver(bytes)`, as far as the kernel does not take it at once. @p isRunning says
    /// whether a call has begun that is not answered. False if it cannot be delivered.
    template <class Deliver>
    [[nodiscard]] bool flush(Deliver deliver, bool isRunning)
    {
        // Killed right after its last reply a worker must not seem to be in the middle of it: goodbye could not be said
        // in its name.
        bool delivered = true;
        const qsizetype atOnce = m_chunks.empty() && m_channel.tryWrite ? m_channel.tryWrite(m_bytes) : 0;
        if (atOnce < m_bytes.size()) {
            m_page->midWrite.store(1, std::memory_order_relaxed); // the stream may end in half a message
            m_bytes.remove(0, atOnce);
            const auto each
                = [&](QByteArrayView piece) { delivered = delivered && (piece.isEmpty() || deliver(piece)); };
            Wire::forEachPiece(m_bytes, m_chunks, each, each);
            m_page->midWrite.store(0, std::memory_order_release);
        }
        haveLeft(isRunning);
        return delivered;
    }

private:
    friend class Reply;
    struct SaidProgress
    {
        quint64 id;
        Progress progress;
    };
    void append(const SaidProgress &said, QByteArray *out) const;
    void haveLeft(bool isRunning);
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
    std::vector<detail::CborChunk> m_chunks; // that belong in between
    Wire::Thrift m_thrift; // of m_bytes
    int m_answers = 0; // among the bytes
    std::optional<SaidProgress> m_progress; // that is kept
    std::size_t m_begun = 0; // slots of the scoreboard
};

/// The result of a call on its way into an Outlet.
class Reply final : public detail::ResultSink
{
    Q_DISABLE_COPY_MOVE(Reply)

public:
    explicit Reply(Outlet &outlet)
        : m_outlet(outlet)
    {
    }
    ~Reply() = default;
    detail::CborWriter &begin() override;
    /// The whole result was written. Throws if it cannot be sent.
    void finish(quint64 id);
    /// Takes it back as far as it was written.
    void takeBack();

private:
    Outlet &m_outlet;
    std::optional<detail::CborWriter> m_writer;
    qsizetype m_start = -1; // among the bytes, if it was begun
    std::size_t m_chunks = 0; // before it
};

}

#endif
