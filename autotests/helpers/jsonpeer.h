// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_JSONPEER_H
#define AUTOTESTS_JSONPEER_H

#include "helpers/processes.h"
#include "helpers/rawsocket.h"
#include "helpers/serverprocess.h"

#include <QtPrefork/Address>

#include <QtCore/QFile>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace Test {

/// A blocking JSON client that writes without looking whether its connection has ended, as Perl's does.
class JsonPeer
{
    Q_DISABLE_COPY_MOVE(JsonPeer)

public:
    explicit JsonPeer(const Prefork::Address &address)
    {
        if (address.scheme() == Prefork::Address::Scheme::Unix) {
            m_socket = connectTo(socketAddress(QFile::encodeName(address.path())));
            return;
        }
        sockaddr_in place{};
        place.sin_family = AF_INET;
        place.sin_port = htons(address.port());
        place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        m_socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(m_socket, reinterpret_cast<const sockaddr *>(&place), sizeof place) != 0)
            close();
    }
    ~JsonPeer() { close(); }

    [[nodiscard]] bool isConnected() const { return m_socket >= 0; }
    void close()
    {
        if (m_socket >= 0)
            ::close(std::exchange(m_socket, -1));
    }
    void write(const QByteArray &bytes) const
    {
        [[maybe_unused]] const ssize_t count
            = ::send(m_socket, bytes.constData(), std::size_t(bytes.size()), MSG_NOSIGNAL);
    }
    /// Begins a call, which a checkout then holds its worker for.
    void begin(const QByteArray &method, const QByteArray &more = {}) const
    {
        write("[\"do\",{},\"" + method + '"' + more + ']');
    }
    void release() const { write("[\"dn\",{}]"); }
    /// The value of the next reply as it stands there; empty if there is none, but an error, an end or nothing for too
    /// long.
    [[nodiscard]] QByteArray value() const
    {
        QByteArray reply;
        while (!reply.endsWith(']')) {
            char bytes[1000];
            const ssize_t count
                = waitForInput(m_socket, int(Patience.count())) ? ::recv(m_socket, bytes, sizeof bytes, 0) : 0;
            if (count <= 0)
                return {};
            reply.append(bytes, count);
        }
        const qsizetype comma = reply.lastIndexOf(',');
        return reply.startsWith("[\"ok\"") ? reply.sliced(comma + 1).chopped(1) : QByteArray();
    }
    /// A whole checkout with one call.
    [[nodiscard]] QByteArray ask(const QByteArray &method, const QByteArray &more = {}) const
    {
        begin(method, more);
        const QByteArray answer = value();
        release();
        return answer;
    }
    /// Whether the connection ends, or has ended, within @p milliseconds.
    [[nodiscard]] bool ends(int milliseconds = int(Patience.count())) const
    {
        char byte = 0;
        return waitForInput(m_socket, milliseconds) && ::recv(m_socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
    }

private:
    int m_socket = -1;
};

}

#endif
