// SPDX-License-Identifier: MIT
#ifndef GALLERY_HOSTILESAMPLES_H
#define GALLERY_HOSTILESAMPLES_H

#include <QtCore/QByteArray>
#include <QtCore/QRandomGenerator>

/// These functions write files byte by byte that no image library of Qt writes.
namespace HostileSamples {

/// Returns a GIF of some frames, in which a disc goes round.
[[nodiscard]] QByteArray animation(QRandomGenerator random);
/// Returns a valid PNG of 32 kB, which would take 1 GB once decoded.
[[nodiscard]] QByteArray bomb();
/// Returns a PNG whose header claims a size that fits into no memory.
[[nodiscard]] QByteArray absurd(QRandomGenerator random);

}

#endif
