// SPDX-License-Identifier: MIT
#ifndef GALLERY_PAINTING_H
#define GALLERY_PAINTING_H

#include <QtCore/QRandomGenerator>
#include <QtGui/QImage>
#include <QtGui/QPainter>
#include <QtGui/QPainterPath>

/// These are the colours of a time of day.
struct Light
{
    QColor zenith;
    QColor horizon;
    QColor haze; // the colour to which far things fade
    QColor ground;
    QColor sun;
};

/// Paints a landscape, from the sky to what is near. Lengths and heights are fractions of the height of the picture,
/// and horizontal places are fractions of its width.
class Painting
{
public:
    enum TimeOfDay { Day, Evening, Dawn, Overcast, Night };

    Painting(QSize size, QRandomGenerator &random);
    void setLight(TimeOfDay time);
    [[nodiscard]] const Light &light() const { return m_light; }
    [[nodiscard]] double any(double from, double to) { return from + m_random.bounded(to - from); }
    void sky(double horizon);
    void sun(double x, double y, double radius);
    void glow(QPointF center, double radius, QColor color, double strength);
    void clouds(int count, double lowest);
    void stars(double lowest);
    // Paints ridges, from far ones in the haze to near ones.
    void ridges(int count, double top, double bottom, double roughness);
    void ridge(double level, double roughness, const QColor &color);
    void water(double level);
    // Paints the light of the sun on the water below it.
    void glitter(double x, double level);
    void firs(double level, int count);
    void houses(double level, int rows);
    void windows(const QRectF &house, double near);
    void flowers(double level);
    void discs();
    [[nodiscard]] QImage finished();

private:
    // Returns the area below a line that is rough at every scale.
    [[nodiscard]] QPainterPath under(double level, double roughness);
    void vignette();
    void grain();
    QImage m_image;
    QPainter m_painter;
    QRandomGenerator &m_random;
    Light m_light;
    double m_width;
    double m_height;
};

#endif
