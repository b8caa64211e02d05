// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEFEATURES_P_H
#define QTPREFORK_NATIVEFEATURES_P_H

#include "wire/nativepacket_p.h"

#include <QtPrefork/detail/cborreader.h>

#include <algorithm>

namespace Prefork::Wire::Native {

/// These are the optional parts of the native protocol that a peer named in its hello. This program speaks all of them,
/// so those that the other side names are spoken on the connection.
struct Features
{
    bool cancel = false;
    bool event = false;
    bool progress = false;
    bool begun = false;
    bool signatures = false;
};

/// No version names more features than this.
inline constexpr quint64 MaxFeatures = 64;
/// This is how many fields writeFeatures() writes.
inline constexpr quint64 FeatureFields = 1;

/// Writes the field of a hello that names the features of this program.
inline void writeFeatures(detail::CborWriter &writer)
{
    writer.writeUtf8("features");
    writer.beginArray(5);
    for (const QByteArrayView name : {CancelFeature, EventFeature, ProgressFeature, BegunFeature, SignaturesFeature})
        writer.writeUtf8(name);
}

/// Begins the map of a hello with the fields that both sides' hellos have. The caller then writes the features, and
/// @p others fields of its own.
inline void beginHello(detail::CborWriter &writer, qint64 limit, qint64 decoded, quint64 others)
{
    const bool tellsDecodedSize = decoded != DefaultMaxDecodedSize;
    writer.beginMap(2 + (tellsDecodedSize ? 1 : 0) + FeatureFields + others);
    writer.writeUtf8("version");
    writer.writeUnsigned(Version);
    writer.writeUtf8("limit");
    writer.writeUnsigned(quint64(limit));
    if (tellsDecodedSize) {
        writer.writeUtf8("decoded");
        writer.writeUnsigned(quint64(std::max<qint64>(decoded, 0)));
    }
}

/// Reads the value of a features field. Returns false if it is no list of texts, or too long.
[[nodiscard]] inline bool readFeatures(detail::CborReader &reader, Features *features)
{
    quint64 count = 0;
    if (!reader.readArray(&count) || count > MaxFeatures)
        return false;
    for (quint64 i = 0; i < count; ++i) {
        QByteArrayView name;
        if (!reader.readUtf8(&name))
            return false;
        features->cancel |= name == CancelFeature;
        features->event |= name == EventFeature;
        features->progress |= name == ProgressFeature;
        features->begun |= name == BegunFeature;
        features->signatures |= name == SignaturesFeature;
    }
    return true;
}

}

#endif
