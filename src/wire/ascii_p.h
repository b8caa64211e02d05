// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ASCII_P_H
#define QTPREFORK_ASCII_P_H

#include <QtCore/QtGlobal>

#include <type_traits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/// Most texts are ASCII, and copying ASCII is half the work of converting UTF-8. These functions copy what a text
/// begins with, as far as it is ASCII, and return how many characters that is. The rest is left to Qt's converters.
namespace Prefork::Wire {

#if defined(__SSE2__)

constexpr qsizetype AsciiStep = 16; // characters that one step copies; shorter texts are copied one by one

/// Copies so many steps of characters if all of them are ASCII.
template <int Steps>
[[nodiscard]] inline bool copyAsciiSteps(const char16_t *from, char *to)
{
    __m128i units[2 * Steps];
    __m128i all = _mm_setzero_si128();
    for (int i = 0; i < 2 * Steps; ++i) {
        units[i] = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from) + i);
        all = _mm_or_si128(all, units[i]);
    }
    const __m128i high = _mm_and_si128(all, _mm_set1_epi16(qint16(0xff80)));
    if (_mm_movemask_epi8(_mm_cmpeq_epi16(high, _mm_setzero_si128())) != 0xffff)
        return false;
    for (int i = 0; i < Steps; ++i)
        _mm_storeu_si128(reinterpret_cast<__m128i *>(to) + i, _mm_packus_epi16(units[2 * i], units[2 * i + 1]));
    return true;
}
template <int Steps>
[[nodiscard]] inline bool copyAsciiSteps(const char *from, char16_t *to)
{
    __m128i bytes[Steps];
    __m128i all = _mm_setzero_si128();
    for (int i = 0; i < Steps; ++i) {
        bytes[i] = _mm_loadu_si128(reinterpret_cast<const __m128i *>(from) + i);
        all = _mm_or_si128(all, bytes[i]);
    }
    if (_mm_movemask_epi8(all) != 0)
        return false;
    auto *const target = reinterpret_cast<__m128i *>(to);
    for (int i = 0; i < Steps; ++i) {
        _mm_storeu_si128(target + 2 * i, _mm_unpacklo_epi8(bytes[i], _mm_setzero_si128()));
        _mm_storeu_si128(target + 2 * i + 1, _mm_unpackhi_epi8(bytes[i], _mm_setzero_si128()));
    }
    return true;
}

/// Copies from UTF-16 to UTF-8, or from UTF-8 to UTF-16.
template <class From, class To>
[[nodiscard]] inline qsizetype copyAscii(const From *from, qsizetype count, To *to)
{
    constexpr int AtOnce = 2;
    qsizetype done = 0;
    while (count - done >= AtOnce * AsciiStep && copyAsciiSteps<AtOnce>(from + done, to + done))
        done += AtOnce * AsciiStep;
    while (count - done >= AsciiStep && copyAsciiSteps<1>(from + done, to + done))
        done += AsciiStep;
    const qsizetype last = count - AsciiStep; // where a step begins that ends with the text
    if (last >= 0 && last < done && copyAsciiSteps<1>(from + last, to + last))
        return count;
    while (done < count && std::make_unsigned_t<From>(from[done]) < 0x80) {
        to[done] = To(from[done]);
        ++done;
    }
    return done;
}

#else // what a compiler makes of a loop is no faster than Qt's converters

template <class From, class To>
[[nodiscard]] inline qsizetype copyAscii(const From *, qsizetype, To *)
{
    return 0;
}

#endif

}

#endif
