// SPDX-License-Identifier: MIT
#ifndef GALLERY_SAMPLES_H
#define GALLERY_SAMPLES_H

#include <QtCore/QString>

/// Makes sample images, in workers, for a gallery without pictures of its own. Most are like photographs; some are
/// panoramas, icons, pictures of 16 bits a channel, or animations. Some are files that nobody wants: cut short,
/// decompression bombs, with absurd sizes, or no pictures at all. The same number always gives the same file.
namespace Samples {

enum class Kind { Photo, Panorama, Icon, Deep, Animation, CutShort, Bomb, Absurd, NoPicture };

/// Their numbers go from 0 to Count - 1.
inline constexpr int Count = 360;

[[nodiscard]] Kind kindOf(int number);
/// Returns the name of the file of that number, such as `dunes-012.jpg`.
[[nodiscard]] QString fileName(int number);
/// Writes the image of that number into @p folder, and returns its path. Throws a Prefork::Error if it cannot be
/// written.
QString make(const QString &folder, int number);

}

#endif
