// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_MESSAGE_P_H
#define QTPREFORK_MESSAGE_P_H

#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/progress.h>

#include <QtCore/QString>
#include <QtCore/QVariant>

#include <vector>

namespace Prefork::Wire {

/// The native protocol writes the length of a message in four bytes.
inline constexpr qsizetype LargestMaxMessageSize = 0xffffffff;

/// Returns what is wrong with @p maxMessageSize; empty if it is possible.
[[nodiscard]] inline QString limitProblem(qsizetype maxMessageSize)
{
    if (maxMessageSize <= LargestMaxMessageSize)
        return {};
    return QStringLiteral("maxMessageSize is %1 bytes, where at most %2 are possible")
        .arg(maxMessageSize)
        .arg(LargestMaxMessageSize);
}

/// This is an encoded message that is to be sent. Large byte strings are not copied into `bytes`: `chunks` says where
/// in it they belong.
struct OutMessage
{
    QByteArray bytes;
    std::vector<detail::CborChunk> chunks;
    qint64 decodedSize
        = 0; ///< the memory that its values will take when they are decoded; 0 where the protocol does not ask

    [[nodiscard]] qsizetype size() const
    {
        qsizetype size = bytes.size();
        for (const detail::CborChunk &chunk : chunks)
            size += chunk.bytes.size();
        return size;
    }
};

/// Calls `flat(QByteArrayView)` and `shared(const QByteArray &)` for the pieces of a message in their order.
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

/// This says why a call failed, as the worker tells it.
struct FailureText
{
    QString message;
    QString code; ///< name of an Error::Code; empty if the worker gave none
    QVariant data;
    QString detail; ///< what had to be left out here, as a sentence; empty if nothing was
};

/// This is one message of a worker, as a ClientCodec hands it out. Only the fields of its kind are set.
struct Incoming
{
    enum Kind {
        Hello, ///< the worker is ready; the codec knows its traits now
        Result, ///< a call has succeeded; ClientCodec::readResult() reads its value
        Failure,
        Released,
        Goodbye,
        Event,
        Progress,
        Canceled, ///< the answer to a call that was canceled
        Begun,
    };
    Kind kind = Result;
    quint64 id = 0; ///< of the call, 0 if the protocol has no ids; of a Goodbye: the last call that began
    FailureText failure; ///< of a Failure
    QString cause; ///< of a Goodbye
    QString reason; ///< of a Goodbye, one word
    std::vector<quint64>
        begun; ///< of a Goodbye: the calls that have begun and were not answered, as far as it names them
    bool hadBegun = false; ///< of Canceled: whether the call had begun when the worker read the cancel
    Prefork::Progress progress; ///< of Progress
    QString event; ///< of an Event: its name
    QByteArrayView
        arguments; ///< of an Event: its `argumentCount` values in CBOR, valid until the next message is asked for
    quint64 argumentCount = 0;
};

}

#endif
