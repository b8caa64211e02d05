// SPDX-License-Identifier: MIT
#ifndef GALLERY_LANDSCAPE_H
#define GALLERY_LANDSCAPE_H

#include <QtCore/QRandomGenerator>
#include <QtCore/QString>
#include <QtGui/QImage>

/// Paints pictures that look like photographs from afar: light, haze, ridges, water, and the grain of film.
namespace Landscape {

enum class Scene { Mountains, Coast, Dunes, Forest, City, Meadow, Lights };
inline constexpr int SceneCount = 7;

/// Returns the scene of the picture of that number.
[[nodiscard]] Scene sceneOf(int number);
/// Returns the name of a scene, such as "dunes".
[[nodiscard]] QString nameOf(Scene scene);
/// Paints a scene. The same @p random paints the same picture.
[[nodiscard]] QImage paint(Scene scene, QSize size, QRandomGenerator &random);

}

#endif
