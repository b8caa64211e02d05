// SPDX-License-Identifier: MIT
// Large messages on Qt's event loop as cheap as can be: notifiers on a socket, warm buffers of the right size on both
// ends, no framing.
#include "bare.h"
#include "meter.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QSocketNotifier>

#include <sys/socket.h>
#include <unistd.h>

namespace Bench {

namespace {

std::size_t messageSize = 0;

// The whole message first, as a worker has to.
void echoWhole(int socket)
{
    std::vector<char> buffer(messageSize);
    for (;;) {
        Bare::readAll(socket, buffer.data(), buffer.size());
        Bare::writeAll(socket, buffer.data(), buffer.size());
    }
}

class BulkClient
{
public:
    BulkClient(int socket, std::size_t size, Meter *meter)
        : m_socket(socket)
        , m_meter(meter)
        , m_request(size, 'x')
        , m_reply(size)
        , m_readable(socket, QSocketNotifier::Read)
        , m_writable(socket, QSocketNotifier::Write)
    {
        Bare::setNonBlocking(socket);
        QObject::connect(&m_readable, &QSocketNotifier::activated, &m_readable, [this] { read(); });
        QObject::connect(&m_writable, &QSocketNotifier::activated, &m_writable, [this] { write(); });
        write();
    }

private:
    void write()
    {
        while (m_written < m_request.size()) {
            const ssize_t size
                = ::send(m_socket, m_request.data() + m_written, m_request.size() - m_written, MSG_NOSIGNAL);
            if (size < 0)
                break;
            m_written += std::size_t(size);
        }
        m_writable.setEnabled(m_written < m_request.size());
    }

    void read()
    {
        while (m_read < m_reply.size()) {
            const ssize_t size = ::read(m_socket, m_reply.data() + m_read, m_reply.size() - m_read);
            if (size == 0)
                fail(QStringLiteral("the bare worker has gone"));
            if (size < 0)
                return;
            m_read += std::size_t(size);
        }
        if (!m_meter->tick())
            return QCoreApplication::quit();
        m_read = m_written = 0;
        write();
    }

    int m_socket;
    Meter *m_meter;
    std::vector<char> m_request;
    std::vector<char> m_reply;
    std::size_t m_written = 0;
    std::size_t m_read = 0;
    QSocketNotifier m_readable;
    QSocketNotifier m_writable;
};

}

double floorBulk(const Context &context)
{
    messageSize = std::size_t(context.parameter);
    const int worker = Bare::startWorker(echoWhole);
    QCoreApplication app(context.argc, context.argv);
    Meter meter(context.seconds, 1);
    BulkClient client(worker, messageSize, &meter);
    QCoreApplication::exec();
    return meter.perSecond() * double(messageSize) / 1e6;
}

}
