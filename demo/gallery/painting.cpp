// SPDX-License-Identifier: MIT
#include "painting.h"

#include <algorithm>
#include <cmath>

namespace {

// By Painting::TimeOfDay.
const Light lights[] = {
    {{58, 118, 190}, {188, 216, 236}, {158, 184, 206}, {38, 62, 44}, {255, 250, 226}},
    {{46, 56, 110}, {246, 158, 96}, {196, 122, 104}, {42, 30, 44}, {255, 214, 140}},
    {{104, 132, 178}, {250, 214, 196}, {206, 182, 190}, {54, 58, 78}, {255, 236, 210}},
    {{118, 130, 142}, {206, 212, 214}, {170, 180, 184}, {48, 58, 54}, {240, 240, 236}},
    {{10, 16, 40}, {48, 66, 112}, {40, 54, 92}, {8, 10, 20}, {236, 240, 255}},
};

QColor mixed(const QColor &a, const QColor &b, double share)
{
    const auto part = [share](int from, int to) { return int(from + (to - from) * share); };
    return {part(a.red(), b.red()), part(a.green(), b.green()), part(a.blue(), b.blue())};
}

}

Painting::Painting(QSize size, QRandomGenerator &random)
    : m_image(size, QImage::Format_RGB32)
    , m_painter(&m_image)
    , m_random(random)
    , m_width(size.width())
    , m_height(size.height())
{
    setLight(Day);
    m_painter.setRenderHint(QPainter::Antialiasing);
    m_painter.setPen(Qt::NoPen);
}

void Painting::sky(double horizon)
{
    QLinearGradient gradient(0, 0, 0, horizon * m_height);
    gradient.setColorAt(0, m_light.zenith);
    gradient.setColorAt(1, m_light.horizon);
    m_painter.fillRect(m_image.rect(), gradient);
}

void Painting::sun(double x, double y, double radius)
{
    glow({x * m_width, y * m_height}, radius * m_height * 7, m_light.sun, 0.55);
    m_painter.setBrush(m_light.sun);
    m_painter.drawEllipse(QPointF(x * m_width, y * m_height), radius * m_height, radius * m_height);
}

void Painting::glow(QPointF center, double radius, QColor color, double strength)
{
    QRadialGradient gradient(center, radius);
    color.setAlphaF(float(strength));
    gradient.setColorAt(0, color);
    color.setAlphaF(float(strength * 0.3));
    gradient.setColorAt(0.35, color);
    color.setAlpha(0);
    gradient.setColorAt(1, color);
    m_painter.setBrush(gradient);
    m_painter.drawEllipse(center, radius, radius);
}

void Painting::clouds(int count, double lowest)
{
    for (int i = 0; i < count; ++i) {
        const QPointF middle(any(0, m_width), any(0.05, lowest) * m_height);
        const double length = any(0.06, 0.2) * m_height;
        for (int puff = 0; puff < 7; ++puff) {
            m_painter.save();
            m_painter.translate(middle + QPointF(any(-length, length) * 1.6, any(-length, length) * 0.12));
            m_painter.scale(1.9, 0.5);
            glow({0, 0}, length * any(0.4, 0.9), mixed(m_light.horizon, Qt::white, 0.5), 0.28);
            m_painter.restore();
        }
    }
}

void Painting::stars(double lowest)
{
    for (int i = 0; i < 160; ++i) {
        const double edge = any(0.6, 2.2) * m_height / 900;
        m_painter.setBrush(QColor(255, 255, 255, int(any(60, 230))));
        m_painter.drawEllipse(QPointF(any(0, m_width), any(0, lowest) * m_height), edge, edge);
    }
}

void Painting::ridges(int count, double top, double bottom, double roughness)
{
    for (int i = 0; i < count; ++i) {
        const double near = (i + 1.0) / count;
        const double level = top + (bottom - top) * i / count;
        ridge(level, roughness * (1 - 0.35 * near), mixed(m_light.haze, m_light.ground, near * near * 0.9 + 0.1));
    }
}

void Painting::ridge(double level, double roughness, const QColor &color)
{
    QLinearGradient gradient(0, (level - roughness) * m_height, 0, (level + 0.35) * m_height);
    gradient.setColorAt(0, mixed(color, m_light.sun, 0.12));
    gradient.setColorAt(1, mixed(color, m_light.haze, 0.35));
    m_painter.setBrush(gradient);
    m_painter.drawPath(under(level, roughness));
}

void Painting::water(double level)
{
    QLinearGradient gradient(0, level * m_height, 0, m_height);
    gradient.setColorAt(0, mixed(m_light.horizon, m_light.zenith, 0.25));
    gradient.setColorAt(1, mixed(m_light.zenith, m_light.ground, 0.55));
    m_painter.fillRect(QRectF(0, level * m_height, m_width, m_height), gradient);
    for (int i = 0; i < 260; ++i) {
        const double depth = any(0, 1) * any(0, 1);
        const double length = (0.02 + 0.16 * depth) * m_height;
        m_painter.setBrush(QColor(255, 255, 255, int(any(8, 42))));
        m_painter.drawRect(QRectF(any(-0.1, 1) * m_width, (level + (1 - level) * depth) * m_height, length,
                                  std::max(1.0, 0.004 * depth * m_height)));
    }
}

void Painting::glitter(double x, double level)
{
    for (int i = 0; i < 120; ++i) {
        const double depth = any(0, 1);
        const double spread = 0.01 + 0.09 * depth;
        QColor color = m_light.sun;
        color.setAlpha(int(any(30, 150)));
        m_painter.setBrush(color);
        const double length = (0.01 + 0.05 * depth) * m_height;
        const double left = x * m_width + any(-spread, spread) * m_height - length / 2;
        m_painter.drawRect(QRectF(left, (level + (1 - level) * depth) * m_height, length, 1 + 0.004 * m_height));
    }
}

void Painting::firs(double level, int count)
{
    for (int i = 0; i < count; ++i) {
        const double near = double(i) / count;
        const double height = (0.1 + 0.28 * near) * m_height * any(0.7, 1.15);
        const QPointF foot(any(-0.02, 1.02) * m_width, (level + (1 - level) * near) * m_height + height * 0.3);
        m_painter.setBrush(mixed(mixed(m_light.haze, m_light.ground, 0.35), m_light.ground, near));
        QPainterPath fir(foot - QPointF(0, height));
        for (int step = 1; step <= 5; ++step) {
            const double width = height * 0.045 * step;
            fir.lineTo(foot + QPointF(width, -height * (1 - step / 5.0)));
            fir.lineTo(foot + QPointF(width * 0.55, -height * (1 - step / 5.0)));
        }
        for (int step = 5; step >= 1; --step) {
            const double width = height * 0.045 * step;
            fir.lineTo(foot + QPointF(-width * 0.55, -height * (1 - step / 5.0)));
            fir.lineTo(foot + QPointF(-width, -height * (1 - step / 5.0)));
        }
        m_painter.drawPath(fir);
    }
}

void Painting::houses(double level, int rows)
{
    for (int row = 0; row < rows; ++row) {
        const double near = (row + 1.0) / rows;
        const QColor wall = mixed(m_light.haze, m_light.ground, 0.3 + 0.65 * near);
        for (double x = any(-0.05, 0) * m_width; x < m_width;) {
            const double width = any(0.05, 0.12) * m_height * (0.6 + 0.6 * near);
            const double height = any(0.12, 0.42) * m_height * (1.1 - 0.35 * near);
            const QRectF house(x, (level + 0.2 * near) * m_height - height, width, m_height);
            m_painter.fillRect(house, wall);
            windows(house, near);
            x += width * any(1, 1.25);
        }
    }
}

void Painting::windows(const QRectF &house, double near)
{
    const double edge = 0.011 * m_height * (0.6 + 0.5 * near);
    for (double y = house.top() + 2 * edge; y < m_height; y += 2.4 * edge) {
        for (double x = house.left() + edge; x < house.right() - 1.4 * edge; x += 2 * edge) {
            if (any(0, 1) > 0.34)
                continue;
            m_painter.fillRect(QRectF(x, y, edge, edge * 1.2), QColor(255, 214, 140, int(any(70, 210) * near)));
        }
    }
}

void Painting::flowers(double level)
{
    const int hue = int(any(0, 360));
    for (int i = 0; i < 900; ++i) {
        const double near = std::pow(i / 900.0, 1.6);
        const double edge = (0.002 + 0.013 * near) * m_height * any(0.6, 1.3);
        QColor color = QColor::fromHsv((hue + int(any(-24, 24)) + 360) % 360, int(any(90, 210)), int(any(170, 250)));
        if (i % 5 == 0)
            color = mixed(Qt::white, color, 0.3);
        m_painter.setBrush(mixed(m_light.haze, color, 0.35 + 0.65 * near));
        m_painter.drawEllipse(QPointF(any(0, m_width), (level + (1.04 - level) * near) * m_height), edge, edge * 0.8);
    }
}

void Painting::discs()
{
    const int hue = int(any(0, 360));
    for (int i = 0; i < 70; ++i) {
        const double radius = any(0.02, 0.11) * m_height;
        QColor color = QColor::fromHsv((hue + int(any(-50, 70)) + 360) % 360, int(any(70, 220)), 255);
        color.setAlpha(int(any(18, 92)));
        m_painter.setBrush(color);
        color.setAlpha(120);
        m_painter.setPen(QPen(color, radius * 0.04));
        m_painter.drawEllipse(QPointF(any(0, m_width), any(0, m_height)), radius, radius);
    }
    m_painter.setPen(Qt::NoPen);
}

QImage Painting::finished()
{
    vignette();
    m_painter.end();
    grain();
    return m_image;
}

QPainterPath Painting::under(double level, double roughness)
{
    constexpr int Points = 257;
    double heights[Points] = {any(-0.5, 0.5), 0};
    heights[Points - 1] = any(-0.5, 0.5);
    double range = 1;
    for (int step = Points - 1; step > 1; step /= 2, range *= 0.52) {
        for (int at = step / 2; at < Points; at += step)
            heights[at] = (heights[at - step / 2] + heights[at + step / 2]) / 2 + any(-range, range) / 2;
    }
    QPainterPath path(QPointF(0, m_height));
    for (int i = 0; i < Points; ++i)
        path.lineTo(QPointF(i * m_width / (Points - 1), (level + roughness * heights[i]) * m_height));
    path.lineTo(QPointF(m_width, m_height));
    return path;
}

void Painting::vignette()
{
    QRadialGradient gradient(QPointF(m_width / 2, m_height / 2), std::hypot(m_width, m_height) * 0.6);
    gradient.setColorAt(0.55, QColor(0, 0, 0, 0));
    gradient.setColorAt(1, QColor(0, 0, 0, 70));
    m_painter.fillRect(m_image.rect(), gradient);
}

void Painting::grain()
{
    quint32 state = m_random.generate() | 1;
    for (int y = 0; y < m_image.height(); ++y) {
        auto *const line = reinterpret_cast<QRgb *>(m_image.scanLine(y));
        for (int x = 0; x < m_image.width(); ++x) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            const int noise = int(state & 15) - 7;
            const auto noisy = [noise](int part) { return std::clamp(part + noise, 0, 255); };
            line[x] = qRgb(noisy(qRed(line[x])), noisy(qGreen(line[x])), noisy(qBlue(line[x])));
        }
    }
}

void Painting::setLight(TimeOfDay time)
{
    m_light = lights[time];
}
