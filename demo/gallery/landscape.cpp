// SPDX-License-Identifier: MIT
#include "landscape.h"

#include "painting.h"

using Landscape::Scene;

Scene Landscape::sceneOf(int number)
{
    return Scene(number * 5 % SceneCount);
}

QString Landscape::nameOf(Scene scene)
{
    static const char *const names[] = {"mountains", "coast", "dunes", "forest", "city", "meadow", "lights"};
    return QString::fromLatin1(names[int(scene)]);
}

QImage Landscape::paint(Scene scene, QSize size, QRandomGenerator &random)
{
    Painting painting(size, random);
    const double x = painting.any(0.2, 0.8);
    const bool isDark = scene == Scene::City || scene == Scene::Lights;
    const Painting::TimeOfDay time = isDark ? (random.bounded(3) ? Painting::Night : Painting::Evening)
                                            : Painting::TimeOfDay(random.bounded(Painting::Night));
    painting.setLight(time);
    const double horizon = painting.any(0.45, 0.62);
    painting.sky(horizon + 0.1);
    if (time == Painting::Night)
        painting.stars(horizon);
    if (time != Painting::Overcast)
        painting.sun(x, horizon * painting.any(0.35, 0.85), painting.any(0.022, 0.045));
    if (scene != Scene::Lights)
        painting.clouds(time == Painting::Overcast ? 14 : 5, horizon);
    switch (scene) {
    case Scene::Mountains:
        painting.ridges(6, horizon - 0.05, 1, 0.34);
        break;
    case Scene::Coast:
        painting.ridges(2, horizon - 0.02, horizon + 0.04, 0.1);
        painting.water(horizon + 0.03);
        painting.glitter(x, horizon + 0.03);
        if (random.bounded(2))
            painting.ridge(0.98, 0.22, painting.light().ground);
        break;
    case Scene::Dunes:
        for (int i = 0; i < 4; ++i)
            painting.ridge(horizon + 0.13 * i, 0.09, QColor(224 - 26 * i, 176 - 28 * i, 122 - 24 * i));
        break;
    case Scene::Forest:
        painting.ridges(3, horizon - 0.08, horizon + 0.15, 0.22);
        painting.firs(horizon + 0.05, 90);
        break;
    case Scene::City:
        painting.houses(horizon, 3);
        break;
    case Scene::Meadow:
        painting.ridges(3, horizon - 0.06, horizon + 0.05, 0.14);
        painting.ridge(horizon + 0.08, 0.03, QColor(78, 116, 58));
        painting.flowers(horizon + 0.1);
        break;
    case Scene::Lights:
        painting.discs();
        break;
    }
    return painting.finished();
}
