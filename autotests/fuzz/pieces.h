// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_PIECES_H
#define AUTOTESTS_PIECES_H

#include "wire/nativepacket_p.h"

#include <QtCore/QByteArray>

#include <algorithm>
#include <cstdlib>
#include <span>

namespace Fuzz {

inline void require(bool holds)
{
    if (!holds)
        std::abort();
}

/// Gives @p said to a codec, which is asked for what they hold each time there is no more room; until decodeAll()
/// returns false.
template <class Codec, class DecodeAll>
bool feed(Codec &codec, QByteArrayView said, DecodeAll decodeAll)
{
    while (!said.isEmpty()) {
        const std::span<char> space = codec.space();
        require(!space.empty());
        const qsizetype count = std::min(said.size(), qsizetype(space.size()));
        std::copy_n(said.data(), count, space.data());
        codec.received(count);
        said = said.sliced(count);
        if (!decodeAll())
            return false;
    }
    return true;
}

/// An input: what the peer says, and a last byte that tells how. Being the last one it stays where it is while the rest
/// grows.
class Input
{
public:
    Input(const uint8_t *data, std::size_t size)
        : m_control(size ? data[size - 1] : 0)
        , m_bytes(reinterpret_cast<const char *>(data), size ? qsizetype(size) - 1 : 0)
    {
    }
    static constexpr uchar Prefixed = 0x80; ///< a beginning that is valid comes first
    static constexpr uchar Framed
        = 0x40; ///< headers are made to fit: what is guessed byte by byte hardly ever has the right length
    static constexpr uchar Large = 0x20; ///< the beginning has a message in it that needs memory of its own

    [[nodiscard]] bool is(uchar flag) const { return m_control & flag; }
    [[nodiscard]] QByteArray bytes() const { return m_bytes; }
    /// From @p start on a valid header every so many bytes.
    [[nodiscard]] QByteArray framed(qsizetype start) const
    {
        using Prefork::Wire::Native::Header;
        QByteArray bytes = m_bytes;
        for (qsizetype at = start; at + Header::Size <= bytes.size();) {
            Header header = Header::read(bytes.constData() + at);
            header.length = std::min(header.length & 0xff, quint32(bytes.size() - at - Header::Size));
            header.write(bytes.data() + at);
            at += Header::Size + qsizetype(header.length);
        }
        return bytes;
    }
    /// What a peer of the native protocol says, perhaps after the one or the other valid beginning.
    [[nodiscard]] QByteArray nativeSession(const QByteArray &beginning, const QByteArray &largeBeginning) const
    {
        const QByteArray prefix = !is(Prefixed) ? QByteArray() : is(Large) ? largeBeginning : beginning;
        const qsizetype ownPreamble = is(Prefixed) ? 0 : Prefork::Wire::Native::Preamble.size();
        return prefix + (is(Framed) ? framed(ownPreamble) : bytes());
    }
    /// Gives @p bytes to @p take in pieces of changing size, until that returns false.
    template <class Take>
    void inPieces(QByteArrayView bytes, Take take) const
    {
        quint32 state = m_control & 0x1f;
        while (!bytes.isEmpty()) {
            state = state * 1664525 + 1013904223;
            const qsizetype wanted = (state & 0x10000) ? 1 + (state >> 20) : 1 + ((state >> 20) & 0xf);
            const qsizetype size = std::min(wanted, bytes.size());
            if (!take(bytes.first(size)))
                return;
            bytes = bytes.sliced(size);
        }
    }

private:
    uchar m_control;
    QByteArray m_bytes;
};

}

#endif
