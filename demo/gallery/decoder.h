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

/// This is what the workers of the gallery do: plain blocking code, which knows nothing of the window.
namespace Decoder {

/// These are the things that the chaos switch makes a worker do instead of its work.
enum class Mishap {
    None,
    Crash, ///< a null pointer is followed
    Hang, ///< a loop never ends
    Leak, ///< memory is allocated until there is none
};

/// Returns a thumbnail for a tile of so many pixels. A picture of ordinary shape fills the tile, whose corners have the
/// given radius. An icon or a panorama keeps its shape, and is never enlarged.
inline constexpr Prefork::Method<QImage(QString path, QSize tile, int radius, Mishap)> thumbnail{"thumbnail"};
/// Returns the whole picture. It is made smaller only if it has more than MaxFullPixels.
inline constexpr Prefork::Method<QImage(QString path, Mishap)> fullSize{"fullSize"};
/// Returns the paths of all files in a folder whose names are those of pictures, sorted by name.
inline constexpr Prefork::Method<QStringList(QString folder)> listFolder{"listFolder"};
/// Writes the sample image of that number into the folder, and returns its path.
inline constexpr Prefork::Method<QString(QString folder, int number)> makeSample{"sample"};

/// fullSize says this before it decodes: the size of the picture, and a few words on what it is.
inline constexpr Prefork::Event<QSize, QString> described{"described"};

/// The most pixels that fullSize returns. 12 megapixels are 48 MB, which fit into one message.
inline constexpr qint64 MaxFullPixels = 12'000'000;
/// Pictures with more pixels are not decoded, because they would take more memory than a worker is given.
inline constexpr qint64 MaxPixels = 100'000'000;

void fillInterface(Prefork::Interface &interface);
/// Returns the limits of workers: bounded memory, no core dumps, and nice 10, so that the window goes first.
[[nodiscard]] Prefork::ZygoteOptions zygoteOptions();

}

#endif
