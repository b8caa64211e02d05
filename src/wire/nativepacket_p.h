// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEPACKET_P_H
#define QTPREFORK_NATIVEPACKET_P_H

#include <QtCore/QByteArrayView>
#include <QtCore/QtEndian>

namespace Prefork::Wire::Native {

/// What each side of a connection says first. No JSON begins so, and the bracket makes a parser of JSON give up instead
/// of waiting on.
inline constexpr QByteArrayView Preamble = "Q]PF";
/// The highest version of the protocol spoken here.
inline constexpr quint64 Version = 1;

/// The most bytes of a hello, whatever else the messages' limit; a worker with more methods than go in leaves some out.
inline constexpr qsizetype MaxHelloSize = qsizetype(4) * 1024 * 1024;
inline constexpr quint64 MaxMethods = 65536;

enum Kind : quint8 {
    Hello = 1, ///< both sides, once, before anything else
    Call = 2,
    Result = 3,
    Failure = 4,
    Release = 5, ///< the client's checkout is over
    Released = 6, ///< and the worker has forgotten it
    Goodbye = 7, ///< the worker's last word, or one said in its name
    Event = 8, ///< something that the method of a call says while it runs
    Progress = 9, ///< how far it has come
    Cancel = 10, ///< the client does not want a call any more
    Canceled = 11, ///< the answer to a call that ends because of that, or never began
    Begun = 12, ///< the worker begins a call now
    Log = 13, ///< not spoken yet
    Statistics = 14, ///< not spoken yet
};

/// What a hello names of the kinds that are not spoken by every peer of this version. A peer sends one of them only if
/// both hellos named its feature.
inline constexpr QByteArrayView CancelFeature = "cancel"; ///< Cancel and Canceled
inline constexpr QByteArrayView EventFeature = "event";
inline constexpr QByteArrayView ProgressFeature = "progress";
inline constexpr QByteArrayView BegunFeature = "begun";
/// No kind of its own: a worker's hello has the texts of signatures besides their hashes, for people.
inline constexpr QByteArrayView SignaturesFeature = "signatures";

/// Before each message's payload, in network byte order: length of the payload, kind, three zero bytes, id.
struct Header
{
    static constexpr qsizetype Size = 16;

    quint32 length = 0;
    quint8 kind = 0;
    bool isClean = true; ///< the three bytes are zero
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

/// The most calls that can have begun on a worker, and not be answered: a goodbye names no more.
inline constexpr quint64 MaxBegun = 64;

/// A Call's payload begins with its fate group, in network byte order.
inline constexpr qsizetype GroupSize = 8;

}

#endif
