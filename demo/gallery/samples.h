// SPDX-License-Identifier: MIT
#ifndef GALLERY_SAMPLES_H
#define GALLERY_SAMPLES_H

#include <QtCore/QString>

/// Sample images for a gallery without pictures of its own, made in workers: most like photographs, some panoramas,
/// icons, pictures of 16 bits a channel and animations, and some that nobody wants: cut short, decompression bombs,
/// with absurd sizes, and not pictures at all. The same number always gives the same file.
namespace Samples {

enum class Kind { Photo, Panorama, Icon, Deep, Animation, CutShort, Bomb, Absurd, NoPicture };

/// So many there are, from number 0.
inline constexpr int Count = 360;

[[nodiscard]] Kind kindOf(int number);
/// Such as `dunes-012.jpg`.
[[nodiscard]] QString fileName(int number);
/// Writes it into @p folder and returns its path. Throws a Prefork::Error if it cannot be written.
QString make(const QString &folder, int number);

}

#endif
