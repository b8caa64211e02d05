// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEPACKET_P_H
#define QTPREFORK_NATIVEPACKET_P_H

#include <QtCore/QByteArrayView>
#include <QtCore/QtEndian>

namespace Prefork::Wire::Native {

/// These are the first bytes of each side of a native connection. No JSON message begins with them, and the bracket
/// makes a JSON parser give up at once instead of waiting for more.
inline constexpr QByteArrayView Preamble = "Q]PF";
/// This is the highest version of the protocol that this program speaks.
inline constexpr quint64 Version = 1;

/// A hello may have so many bytes at most, however large other messages may be. A worker leaves out of its hello the
/// methods that do not fit.
inline constexpr qsizetype MaxHelloSize = qsizetype(4) * 1024 * 1024;
inline constexpr quint64 MaxMethods = 65536;

/// These are the kinds of messages.
enum Kind : quint8 {
    Hello = 1, ///< from each side, once, before anything else
    Call = 2,
    Result = 3,
    Failure = 4,
    Release = 5, ///< from the client: its checkout is over
    Released = 6, ///< from the worker: it has forgotten the released checkout
    Goodbye = 7, ///< the last message of a worker, written by it or by its zygote for it
    Event = 8, ///< a value that the method of a call sends while it runs
    Progress = 9, ///< how far the method of a call has come
    Cancel = 10, ///< the client does not want a call any more
    Canceled = 11, ///< the answer to a canceled call that ended because of the cancel, or never began
    Begun = 12, ///< the worker begins a call now
    Log = 13, ///< reserved; it is not sent yet
    Statistics = 14, ///< reserved; it is not sent yet
};

/// These are the features: names in a hello for kinds that not every peer of this version speaks. A peer sends a
/// message of such a kind only if both hellos named its feature.
inline constexpr QByteArrayView CancelFeature = "cancel"; ///< Cancel and Canceled
inline constexpr QByteArrayView EventFeature = "event";
inline constexpr QByteArrayView ProgressFeature = "progress";
inline constexpr QByteArrayView BegunFeature = "begun";
/// This feature has no message kind: a worker's hello has the texts of its signatures besides their hashes, for error
/// messages.
inline constexpr QByteArrayView SignaturesFeature = "signatures";

/// This comes before the payload of each message, in network byte order: length of the payload, kind, three zero bytes,
/// id.
struct Header
{
    static constexpr qsizetype Size = 16;

    quint32 length = 0;
    quint8 kind = 0;
    bool isClean = true; ///< whether the three bytes are zero
    quint64 id = 0;

    void write(char *to) const
    {
        qToBigEndian(length, to);
        qToBigEndian(quint32(kind) << 24, to + 4);
        qToBigEndian(id, to + 8);
    }
    [[nodiscard]] static Header read(const char *from)
    {
        const quint32 word = qFromBigEndian<quint32>(from + 4);
        return {qFromBigEndian<quint32>(from), quint8(word >> 24), (word & 0xffffff) == 0,
                qFromBigEndian<quint64>(from + 8)};
    }
};

/// At most so many calls can have begun on a worker and be unanswered; a goodbye names no more.
inline constexpr quint64 MaxBegun = 64;

/// A Call's payload begins with its fate group, in network byte order.
inline constexpr qsizetype GroupSize = 8;

}

#endif
