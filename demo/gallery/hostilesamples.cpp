// SPDX-License-Identifier: MIT
#include "hostilesamples.h"

#include <QtCore/QtEndian>

#include <array>
#include <cmath>

namespace {

void add32(QByteArray &bytes, quint32 number)
{
    const quint32 big = qToBigEndian(number);
    bytes.append(reinterpret_cast<const char *>(&big), sizeof big);
}

void add16(QByteArray &bytes, quint16 number)
{
    const quint16 little = qToLittleEndian(number);
    bytes.append(reinterpret_cast<const char *>(&little), sizeof little);
}

// The check sum of PNG's chunks.
quint32 crc32(QByteArrayView bytes)
{
    quint32 crc = 0xffffffff;
    for (const char byte : bytes) {
        crc ^= uchar(byte);
        for (int bit = 0; bit < 8; ++bit)
            crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return ~crc;
}

QByteArray chunk(const char *name, const QByteArray &data)
{
    QByteArray bytes;
    add32(bytes, quint32(data.size()));
    const QByteArray summed = name + data;
    bytes += summed;
    add32(bytes, crc32(summed));
    return bytes;
}

QByteArray png(quint32 width, quint32 height, char depth, const QByteArray &rows)
{
    QByteArray header;
    add32(header, width);
    add32(header, height);
    header.append(depth).append(QByteArray(4, '\0')); // grey, and the only methods there are
    // qCompress() puts a length before what zlib writes.
    return QByteArray("\x89PNG\r\n\x1a\n") + chunk("IHDR", header) + chunk("IDAT", qCompress(rows, 9).mid(4))
        + chunk("IEND", {});
}

constexpr int GifWidth = 240;
constexpr int GifHeight = 180;
constexpr int GifFrames = 8;

// Puts codes of nine bits into bytes, the lowest bits first.
class CodeWriter
{
public:
    void add(quint32 code)
    {
        m_bits |= code << m_count;
        for (m_count += 9; m_count >= 8; m_count -= 8, m_bits >>= 8)
            m_bytes.append(char(m_bits & 0xff));
    }
    [[nodiscard]] QByteArray finished()
    {
        if (m_count > 0)
            m_bytes.append(char(m_bits & 0xff));
        return m_bytes;
    }

private:
    QByteArray m_bytes;
    quint32 m_bits = 0;
    int m_count = 0;
};

// Colours of a frame as GIF's LZW, without any compression: the table is cleared before its codes become longer.
QByteArray gifCodes(const QByteArray &colors)
{
    constexpr quint32 Clear = 256;
    constexpr quint32 End = 257;
    CodeWriter writer;
    for (qsizetype i = 0; i < colors.size(); ++i) {
        if (i % 250 == 0)
            writer.add(Clear);
        writer.add(uchar(colors[i]));
    }
    writer.add(End);
    return writer.finished();
}

QByteArray gifFrame(int number)
{
    const double angle = 2 * M_PI * number / GifFrames;
    const double discX = GifWidth / 2.0 + 55 * std::cos(angle);
    const double discY = GifHeight / 2.0 + 55 * std::sin(angle);
    QByteArray colors(GifWidth * GifHeight, '\0');
    for (int y = 0; y < GifHeight; ++y) {
        for (int x = 0; x < GifWidth; ++x) {
            const double distance = std::hypot(x - discX, y - discY);
            const int background = 96 * y / GifHeight;
            colors[y * GifWidth + x] = char(distance < 30 ? 255 - int(distance) : background);
        }
    }
    QByteArray bytes("\x21\xf9\x04\x00\x0a\x00\x00\x00", 8); // shown for a tenth of a second
    bytes.append('\x2c').append(QByteArray(4, '\0'));
    add16(bytes, GifWidth);
    add16(bytes, GifHeight);
    bytes.append('\0').append('\x08');
    const QByteArray codes = gifCodes(colors);
    for (qsizetype at = 0; at < codes.size(); at += 255) {
        const QByteArray block = codes.mid(at, 255);
        bytes.append(char(block.size())).append(block);
    }
    return bytes.append('\0');
}

}

QByteArray HostileSamples::animation(QRandomGenerator random)
{
    QByteArray bytes("GIF89a");
    add16(bytes, GifWidth);
    add16(bytes, GifHeight);
    bytes.append("\xf7\x00\x00", 3);
    const std::array<int, 3> tint{random.bounded(120, 255), random.bounded(90, 220), random.bounded(60, 200)};
    for (int color = 0; color < 256; ++color) {
        for (const int part : tint) // a dark ground, and a bright disc
            bytes.append(char(color < 128 ? 24 + part * color / 320 : std::min(255, part * (color + 60) / 256)));
    }
    for (int frame = 0; frame < GifFrames; ++frame)
        bytes += gifFrame(frame);
    return bytes.append('\x3b');
}

QByteArray HostileSamples::bomb()
{
    constexpr quint32 Edge = 16000;
    return png(Edge, Edge, 1, QByteArray(qsizetype(Edge / 8 + 1) * Edge, '\0'));
}

QByteArray HostileSamples::absurd(QRandomGenerator random)
{
    const quint32 width = 700'000 + random.bounded(200'000);
    return png(width, 900'000, 8, QByteArray(1000, '\0'));
}
