// SPDX-License-Identifier: MIT
// What a client does that does not think of its event loop: reads as long as there is something, and calls back for
// each reply.
#include "bare.h"
#include "stall.h"

#include <QtCore/QSocketNotifier>

#include <array>
#include <sys/socket.h>
#include <unistd.h>

namespace Bench {

namespace {

constexpr std::size_t CallSize = 16; // of a request, and of its reply

class GreedyConnection
{
public:
    GreedyConnection(int calls, Stall *stall)
        : m_socket(Bare::startWorker(Bare::echo))
        , m_requests(std::size_t(calls) * CallSize, 'x')
        , m_stall(stall)
    {
        Bare::setNonBlocking(m_socket);
    }

    void start()
    {
        m_readable.setSocket(m_socket);
        m_writable.setSocket(m_socket);
        QObject::connect(&m_readable, &QSocketNotifier::activated, &m_readable, [this] { read(); });
        QObject::connect(&m_writable, &QSocketNotifier::activated, &m_writable, [this] { write(); });
        m_readable.setEnabled(true);
        write();
    }

private:
    void write()
    {
        ssize_t size = 0;
        while (m_written < m_requests.size() && size >= 0) {
            size = ::send(m_socket, m_requests.data() + m_written, m_requests.size() - m_written, MSG_NOSIGNAL);
            m_written += std::size_t(std::max<ssize_t>(size, 0));
        }
        m_writable.setEnabled(m_written < m_requests.size());
    }

    void read()
    {
        std::array<char, 65536> buffer;
        for (;;) {
            const ssize_t size = ::read(m_socket, buffer.data(), buffer.size());
            if (size == 0)
                fail(QStringLiteral("the bare worker has gone"));
            if (size < 0)
                return;
            for (m_unfinished += std::size_t(size); m_unfinished >= CallSize; m_unfinished -= CallSize)
                m_stall->reply();
        }
    }

    int m_socket;
    std::vector<char> m_requests;
    std::size_t m_written = 0;
    std::size_t m_unfinished = 0;
    Stall *m_stall;
    QSocketNotifier m_readable{QSocketNotifier::Read};
    QSocketNotifier m_writable{QSocketNotifier::Write};
};

}

double floorStall(const Context &context)
{
    Stall stall;
    std::array connections{GreedyConnection(StallReplies / 2, &stall), GreedyConnection(StallReplies / 2, &stall)};
    QCoreApplication app(context.argc, context.argv);
    for (GreedyConnection &connection : connections)
        connection.start();
    stall.start();
    QCoreApplication::exec();
    return stall.longestMilliseconds();
}

}
