// SPDX-License-Identifier: MIT
#ifndef GALLERY_DECODER_H
#define GALLERY_DECODER_H

#include <QtPrefork/Event>
#include <QtPrefork/GuiTypes>
#include <QtPrefork/Interface>
#include <QtPrefork/Method>
#include <QtPrefork/Zygote>

#include <QtCore/QSize>
#include <QtCore/QStringList>
#include <QtGui/QImage>

/// What the gallery's workers do: plain blocking code, with nothing of the window in it.
namespace Decoder {

/// What the chaos switch makes a worker do instead of its work.
enum class Mishap {
    None,
    Crash, ///< a null pointer is followed
    Hang, ///< a loop never ends
    Leak, ///< memory is allocated until there is none
};

/// A thumbnail for a tile of so many pixels: a picture of ordinary shape fills the tile, whose corners have the given
/// radius; an icon or a panorama keeps its shape, and is never enlarged.
inline constexpr Prefork::Method<QImage(QString path, QSize tile, int radius, Mishap)> thumbnail{"thumbnail"};
/// The whole picture, made smaller only if it has more than MaxFullPixels.
inline constexpr Prefork::Method<QImage(QString path, Mishap)> fullSize{"fullSize"};
/// The paths of the pictures in a folder, by name: of all files that are called like one.
inline constexpr Prefork::Method<QStringList(QString folder)> listFolder{"listFolder"};
/// Writes the sample image of that number into the folder; returns its path.
inline constexpr Prefork::Method<QString(QString folder, int number)> makeSample{"sample"};

/// What fullSize says before it decodes: the size of the picture, and a few words on what it is.
inline constexpr Prefork::Event<QSize, QString> described{"described"};

/// 12 megapixels are 48 MB, which fit into one message.
inline constexpr qint64 MaxFullPixels = 12'000'000;
/// Pictures with more are not decoded: they would take more memory than a worker is given.
inline constexpr qint64 MaxPixels = 100'000'000;

void fillInterface(Prefork::Interface &interface);
/// Workers are bounded in memory, leave no core dumps, and give way to the window (nice 10).
[[nodiscard]] Prefork::ZygoteOptions zygoteOptions();

}

#endif
