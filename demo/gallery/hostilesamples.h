// SPDX-License-Identifier: MIT
#ifndef GALLERY_HOSTILESAMPLES_H
#define GALLERY_HOSTILESAMPLES_H

#include <QtCore/QByteArray>
#include <QtCore/QRandomGenerator>

/// Files that no image library of Qt writes, byte by byte.
namespace HostileSamples {

/// A GIF of some frames, in which a disc goes round.
[[nodiscard]] QByteArray animation(QRandomGenerator random);
/// A valid PNG of 32 kB, which would be 1 GB once decoded.
[[nodiscard]] QByteArray bomb();
/// A PNG whose header claims a size that no memory has.
[[nodiscard]] QByteArray absurd(QRandomGenerator random);

}

#endif
