// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_HEADERSCANNER_P_H
#define QTPREFORK_HEADERSCANNER_P_H

#include "wire/nativepacket_p.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace Prefork::Wire::Native {

/// Walks the headers of the messages that a connection brings, in whatever pieces they are read, and wherever the bytes
/// go then: so it is known what has been read long before its turn comes. It keeps no byte but those of a header that
/// has come in part.
class HeaderScanner
{
public:
    /// A message longer than @p maxMessageSize is none.
    explicit HeaderScanner(qsizetype maxMessageSize)
        : m_maxMessageSize(maxMessageSize)
    {
    }
    /// The next @p bytes, which begin behind those of the last time, or behind the preamble: calls `found(header)` for
    /// each header whose last byte is among them.
    template <class Found>
    void scan(QByteArrayView bytes, Found found)
    {
        while (!bytes.isEmpty() && !m_isBroken) {
            if (m_rest > 0) {
                const qsizetype count = std::min(m_rest, bytes.size());
                m_rest -= count;
                bytes = bytes.sliced(count);
            } else if (m_have == 0 && bytes.size() >= Header::Size) {
                meet(Header::read(bytes.data()), found);
                bytes = bytes.sliced(Header::Size);
            } else {
                const qsizetype count = std::min(Header::Size - m_have, bytes.size());
                std::memcpy(m_header.data() + m_have, bytes.data(), std::size_t(count));
                bytes = bytes.sliced(count);
                m_have += count;
                if (m_have < Header::Size)
                    return;
                m_have = 0;
                meet(Header::read(m_header.data()), found);
            }
        }
    }
    /// How many bytes are known to be missing of the message in which the bytes ended: of its header, else of the rest.
    /// 0 if they ended between two.
    [[nodiscard]] qsizetype missing() const { return m_have > 0 ? Header::Size - m_have : m_rest; }
    /// Whether there was a header which cannot be one. What comes after it is not looked at any more.
    [[nodiscard]] bool isBroken() const { return m_isBroken; }

private:
    template <class Found>
    void meet(const Header &header, Found &found)
    {
        m_isBroken = !header.isClean || header.length > quint64(m_maxMessageSize);
        if (m_isBroken)
            return;
        m_rest = qsizetype(header.length);
        found(header);
    }

    const qsizetype m_maxMessageSize;
    std::array<char, Header::Size> m_header{};
    qsizetype m_have = 0; // bytes of a header that has come in part
    qsizetype m_rest = 0; // bytes of the message that have not come
    bool m_isBroken = false;
};

}

#endif
