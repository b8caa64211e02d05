// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEFEATURES_P_H
#define QTPREFORK_NATIVEFEATURES_P_H

#include "wire/nativepacket_p.h"

#include <QtPrefork/detail/cborreader.h>

namespace Prefork::Wire::Native {

/// What a peer said of itself that peers of the same version need not speak. Ours speaks all of it, so what the other
/// one names is spoken on the connection.
struct Features
{
    bool cancel = false;
    bool event = false;
    bool progress = false;
    bool begun = false;
};

/// More names than any version will have.
inline constexpr quint64 MaxFeatures = 64;
/// How many fields writeFeatures() writes.
inline constexpr quint64 FeatureFields = 1;

/// Writes the field of a hello that names ours.
inline void writeFeatures(detail::CborWriter &writer)
{
    writer.writeUtf8("features");
    writer.beginArray(4);
    for (const QByteArrayView name : {CancelFeature, EventFeature, ProgressFeature, BegunFeature})
        writer.writeUtf8(name);
}

/// Reads what such a field holds. False if that is no list of texts, or one of too many.
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
    }
    return true;
}

}

#endif
