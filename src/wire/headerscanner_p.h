// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_HEADERSCANNER_P_H
#define QTPREFORK_HEADERSCANNER_P_H

#include "wire/nativepacket_p.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace Prefork::Wire::Native {

/// Finds the headers of native messages in the bytes of a connection, as they are read and in whatever pieces, so that
/// a worker knows what has come before it decodes it. It does not take the bytes: the caller passes them to a
/// PacketBuffer as well. It copies only a header that has come in part.
class HeaderScanner
{
public:
    /// A header that announces more than @p maxMessageSize bytes breaks the connection.
    explicit HeaderScanner(qsizetype maxMessageSize)
        : m_maxMessageSize(maxMessageSize)
    {
    }
    /// Looks at the next @p bytes, which follow those of the last call (at first: the preamble), and calls
    /// `found(header)` for each header whose last byte is among them.
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
    /// Returns how many bytes are missing of the message in the middle of which the bytes ended: of its header, if that
    /// is not whole, otherwise of the rest. 0 if the bytes ended between two messages.
    [[nodiscard]] qsizetype missing() const { return m_have > 0 ? Header::Size - m_have : m_rest; }
    /// Returns whether a header was malformed or announced too much. Nothing behind it is looked at.
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
    qsizetype m_have = 0; // bytes of the header that has come in part
    qsizetype m_rest = 0; // bytes of the current message that have not come
    bool m_isBroken = false;
};

}

#endif
