// SPDX-License-Identifier: MIT
#include "relay.h"

#include "bare.h"
#include "mode.h"

#include "wire/headerscanner_p.h"

#include <array>
#include <csignal>
#include <cstring>
#include <limits>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace Bench {

namespace {

namespace Native = Prefork::Wire::Native;

/// This is one direction of the connection: what was read, and was not passed on yet.
class Direction
{
public:
    explicit Direction(int from)
        : m_from(from)
    {
    }
    /// Reads once, and calls @p found with the kind of each message that has begun. Returns false at the end.
    template <class Found>
    bool read(Found found)
    {
        std::array<char, 65536> buffer;
        const ssize_t size = ::read(m_from, buffer.data(), buffer.size());
        if (size <= 0)
            return false;
        const QByteArrayView bytes(buffer.data(), size);
        m_held.append(bytes);
        const qsizetype preamble = std::min(m_preamble, bytes.size());
        m_preamble -= preamble;
        m_scanner.scan(bytes.sliced(preamble), [&found](const Native::Header &header) { found(header.kind); });
        return true;
    }
    void passOn(int to)
    {
        Bare::writeAll(to, m_held.constData(), std::size_t(m_held.size()));
        m_held.clear();
    }

private:
    const int m_from;
    QByteArray m_held;
    qsizetype m_preamble = Native::Preamble.size(); // bytes of it that have not come
    Native::HeaderScanner m_scanner{std::numeric_limits<qint32>::max()};
};

sockaddr_un addressOf(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (std::size_t(path.size()) >= sizeof address.sun_path)
        fail(QStringLiteral("the path of a socket is too long"));
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    return address;
}

void relay(int client, int worker)
{
    Direction calls(client);
    Direction answers(worker);
    int unanswered = 0;
    std::array<pollfd, 2> watches{pollfd{client, POLLIN, 0}, pollfd{worker, POLLIN, 0}};
    while (::poll(watches.data(), watches.size(), -1) > 0) {
        if (watches[0].revents) {
            if (!calls.read([&unanswered](quint8 kind) { unanswered += kind == Native::Call; }))
                return;
            calls.passOn(worker);
        }
        if (watches[1].revents) {
            if (!answers.read([&unanswered](quint8 kind) { unanswered -= kind == Native::Result; }))
                return;
            if (unanswered == 0)
                answers.passOn(client);
        }
    }
}

}

void startRelay(const QByteArray &path, const QByteArray &serverPath)
{
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_un here = addressOf(path);
    const sockaddr_un there = addressOf(serverPath);
    if (::bind(listener, reinterpret_cast<const sockaddr *>(&here), sizeof here) != 0 || ::listen(listener, 1) != 0)
        fail(QStringLiteral("cannot listen at %1").arg(QString::fromLocal8Bit(path)));
    const pid_t process = ::fork();
    if (process < 0)
        fail(QStringLiteral("no process for the relay"));
    if (process == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
        const int worker = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(worker, reinterpret_cast<const sockaddr *>(&there), sizeof there) == 0)
            relay(client, worker);
        ::_exit(0);
    }
    ::close(listener);
}

}
