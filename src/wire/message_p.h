// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_MESSAGE_P_H
#define QTPREFORK_MESSAGE_P_H

#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/progress.h>

#include <QtCore/QString>
#include <QtCore/QVariant>

#include <vector>

namespace Prefork::Wire {

/// The most that can be said in four bytes, which is how the native protocol tells a message's length.
inline constexpr qsizetype LargestMaxMessageSize = 0xffffffff;

/// What is wrong with such a limit; empty if it is one.
[[nodiscard]] inline QString limitProblem(qsizetype maxMessageSize)
{
    if (maxMessageSize <= LargestMaxMessageSize)
        return {};
    return QStringLiteral("maxMessageSize is %1 bytes, where at most %2 are possible")
        .arg(maxMessageSize)
        .arg(LargestMaxMessageSize);
}

/// A message to be sent. Large byte strings are not copied into it but go in between.
struct OutMessage
{
    QByteArray bytes;
    std::vector<detail::CborChunk> chunks;
    qint64 decodedSize = 0; ///< what its values will take in memory, as far as the protocol asks

    [[nodiscard]] qsizetype size() const
    {
        qsizetype size = bytes.size();
        for (const detail::CborChunk &chunk : chunks)
            size += chunk.bytes.size();
        return size;
    }
};

/// Hands the pieces of a message over in order: `flat(QByteArrayView)` and `shared(const QByteArray &)`.
template <class Flat, class Shared>
void forEachPiece(QByteArrayView bytes, const std::vector<detail::CborChunk> &chunks, Flat flat, Shared shared)
{
    qsizetype at = 0;
    for (const detail::CborChunk &chunk : chunks) {
        flat(bytes.sliced(at, chunk.position - at));
        shared(chunk.bytes);
        at = chunk.position;
    }
    flat(bytes.sliced(at));
}

/// Why a call failed, as the worker tells it.
struct FailureText
{
    QString message;
    QString code; ///< name of an Error::Code; empty when the worker gave none
    QVariant data;
    QString detail; ///< what was left out of it; empty if nothing was
};

/// What a worker says.
struct Incoming
{
    enum Kind {
        Hello, ///< it is there, and has told the codec what it can do
        Result, ///< ask the codec to read it
        Failure,
        Released,
        Goodbye,
        Event,
        Progress,
        Canceled, ///< the answer to a call that was canceled
        Begun,
    };
    Kind kind = Result;
    quint64 id = 0; ///< of the call, 0 if the protocol has none; of a Goodbye: the last call that began
    FailureText failure; ///< of a Failure
    QString cause; ///< of a Goodbye
    QString reason; ///< of a Goodbye, one word
    std::vector<quint64> begun; ///< of a Goodbye: the calls that have begun and were not answered, if it says
    bool hadBegun = false; ///< of Canceled: before the worker had read that it is not wanted
    Prefork::Progress progress; ///< of Progress
    QString event; ///< of an Event: its name
    QByteArrayView arguments; ///< of an Event: so many items of CBOR, good until the next message is asked for
    quint64 argumentCount = 0;
};

}

#endif
