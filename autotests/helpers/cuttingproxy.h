// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_CUTTINGPROXY_H
#define AUTOTESTS_CUTTINGPROXY_H

#include "helpers/rawsocket.h"

#include <QtPrefork/Address>

#include <QtCore/QFile>
#include <QtCore/QSocketNotifier>
#include <QtCore/QString>

#include <array>
#include <cerrno>
#include <memory>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <vector>

namespace Test {

enum Direction : uint { ToServer, ToClient };

/// Where and how a connection is to be cut.
struct Cut
{
    enum Way {
        Close, ///< of both connections
        HalfClose, ///< this direction ends, the other goes on; what is still said in this one is lost
        Reset, ///< of both connections: over TCP
    };
    static constexpr qint64 Never = -1;

    Direction direction = ToServer;
    qint64 after = Never; ///< so many bytes of this direction have been handed on
    Way way = Close;

    [[nodiscard]] QString place() const
    {
        if (after == Never)
            return "uncut: ";
        static constexpr std::array Ways{"closed", "half closed", "reset"};
        return QString("%1 after byte %2 %3: ")
            .arg(Ways.at(way))
            .arg(after)
            .arg(direction == ToServer ? "to the server" : "to the client");
    }
};

/// Stands between a client and a server, in the event loop of the test, and cuts the first connection. Those after it
/// pass uncut.
class CuttingProxy
{
    Q_DISABLE_COPY_MOVE(CuttingProxy)

public:
    /// Listens by the same means as @p server does: at the unix socket @p path, or at any TCP port.
    CuttingProxy(const Prefork::Address &server, const QString &path, const Cut &cut)
        : m_server(server)
        , m_path(QFile::encodeName(path))
        , m_cut(cut)
        , m_listener(isTcp() ? listenAtAnyPort() : listenAt(socketAddress(m_path)))
        , m_notifier(m_listener, QSocketNotifier::Read)
    {
        QObject::connect(&m_notifier, &QSocketNotifier::activated, &m_notifier, [this] { accept(); });
    }
    ~CuttingProxy()
    {
        m_notifier.setEnabled(false);
        ::close(m_listener);
        if (!isTcp())
            ::unlink(m_path.constData());
    }

    [[nodiscard]] Prefork::Address address() const
    {
        if (!isTcp())
            return Prefork::Address::unixSocket(QFile::decodeName(m_path));
        sockaddr_in bound{};
        socklen_t size = sizeof bound;
        ::getsockname(m_listener, reinterpret_cast<sockaddr *>(&bound), &size);
        return Prefork::Address::tcp(QStringLiteral("127.0.0.1"), ntohs(bound.sin_port));
    }
    [[nodiscard]] std::size_t connections() const { return m_links.size(); }
    /// What the first connection has handed on.
    [[nodiscard]] qint64 passed(Direction direction) const
    {
        return m_links.empty() ? 0 : m_links.front()->passed(direction);
    }
    [[nodiscard]] bool hasCut() const { return !m_links.empty() && m_links.front()->isCut(); }

private:
    // A connection of a client and the one to the server that belongs to it. What is said here is little, so that no
    // write to a socket ever waits.
    class Link
    {
        Q_DISABLE_COPY_MOVE(Link)

    public:
        Link(int client, int server, const Cut &cut)
            : m_from{client, server}
            , m_cut(cut)
        {
            for (const Direction direction : {ToServer, ToClient}) {
                m_notifiers[direction] = std::make_unique<QSocketNotifier>(m_from[direction], QSocketNotifier::Read);
                QSocketNotifier *const notifier = m_notifiers[direction].get();
                QObject::connect(notifier, &QSocketNotifier::activated, notifier,
                                 [this, direction] { handOn(direction); });
            }
            cutIfDue();
        }
        ~Link() { close(); }
        [[nodiscard]] qint64 passed(Direction direction) const { return m_passed[direction]; }
        [[nodiscard]] bool isCut() const { return m_isCut; }

    private:
        [[nodiscard]] int into(Direction direction) const { return m_from[1 - direction]; }
        [[nodiscard]] bool isCutIn(Direction direction) const { return m_isCut && direction == m_cut.direction; }

        void handOn(Direction direction)
        {
            std::array<char, 4096> bytes;
            const bool hasLimit = direction == m_cut.direction && m_cut.after >= 0 && !m_isCut;
            const qint64 room = hasLimit ? m_cut.after - m_passed[direction] : qint64(bytes.size());
            const ssize_t count
                = ::recv(m_from[direction], bytes.data(), std::min(bytes.size(), std::size_t(room)), MSG_DONTWAIT);
            if (count < 0 && (errno == EAGAIN || errno == EINTR))
                return;
            if (count < 0)
                close();
            else if (count == 0)
                end(direction);
            else if (!isCutIn(direction))
                pass(direction, bytes.data(), count);
        }
        void pass(Direction direction, const char *bytes, ssize_t count)
        {
            [[maybe_unused]] const ssize_t sent
                = ::send(into(direction), bytes, std::size_t(count), MSG_NOSIGNAL); // or the other end has gone
            m_passed[direction] += count;
            cutIfDue();
        }
        void end(Direction direction)
        {
            m_notifiers[direction]->setEnabled(false);
            m_hasEnded[direction] = true;
            if (m_hasEnded[1 - direction])
                close();
            else
                ::shutdown(into(direction), SHUT_WR);
        }

        void cutIfDue()
        {
            if (m_isCut || m_passed[m_cut.direction] != m_cut.after)
                return;
            m_isCut = true;
            if (m_cut.way == Cut::HalfClose) {
                ::shutdown(into(m_cut.direction), SHUT_WR);
                return;
            }
            const linger atOnce{.l_onoff = 1, .l_linger = 0};
            for (const int socket : m_from) {
                if (m_cut.way == Cut::Reset)
                    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
            }
            close();
        }
        void close()
        {
            for (const Direction direction : {ToServer, ToClient}) {
                m_notifiers[direction]->setEnabled(false);
                if (const int socket = std::exchange(m_from[direction], -1); socket >= 0)
                    ::close(socket);
            }
        }

        std::array<int, 2> m_from; // what each direction comes from
        const Cut m_cut;
        std::array<std::unique_ptr<QSocketNotifier>, 2> m_notifiers;
        std::array<qint64, 2> m_passed{};
        std::array<bool, 2> m_hasEnded{};
        bool m_isCut = false;
    };

    [[nodiscard]] bool isTcp() const { return m_server.scheme() == Prefork::Address::Scheme::Tcp; }

    static sockaddr_in loopback(quint16 port)
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return address;
    }
    [[nodiscard]] static int listenAtAnyPort()
    {
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in any = loopback(0);
        if (::bind(socket, reinterpret_cast<const sockaddr *>(&any), sizeof any) == 0 && ::listen(socket, 8) == 0)
            return socket;
        ::close(socket);
        return -1;
    }
    [[nodiscard]] int connectToServer() const
    {
        if (!isTcp())
            return connectTo(socketAddress(QFile::encodeName(m_server.path())));
        const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const sockaddr_in there = loopback(m_server.port());
        if (::connect(socket, reinterpret_cast<const sockaddr *>(&there), sizeof there) == 0)
            return socket;
        ::close(socket);
        return -1;
    }
    void accept()
    {
        const int client = ::accept4(m_listener, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0)
            return;
        const int server = connectToServer();
        if (server < 0) {
            qWarning("the proxy does not reach the server");
            ::close(client);
            return;
        }
        const int isOn = 1;
        for (const int socket : {client, server}) {
            if (isTcp())
                ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &isOn, sizeof isOn);
        }
        m_links.push_back(std::make_unique<Link>(client, server, m_links.empty() ? m_cut : Cut()));
    }

    const Prefork::Address m_server;
    const QByteArray m_path;
    const Cut m_cut;
    const int m_listener;
    QSocketNotifier m_notifier;
    std::vector<std::unique_ptr<Link>> m_links;
};

}

#endif
