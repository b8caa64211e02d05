// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_LYINGSERVER_H
#define AUTOTESTS_LYINGSERVER_H

#include "helpers/nativebytes.h"
#include "helpers/protocols.h"

#include <QtCore/QPointer>
#include <QtCore/QTemporaryDir>
#include <QtCore/QTimer>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>

#include <functional>

namespace Test {

/// A server that says whatever a test likes to every call. It greets like a worker, where that is the custom.
class LyingServer
{
public:
    /// What it says to the call of that number, which over JSON is always 1, and does to the connection.
    using Answer = std::function<void(QLocalSocket *connection, quint64 call)>;

    explicit LyingServer(Answer answer)
        : m_answer(std::move(answer))
    {
        QObject::connect(&m_server, &QLocalServer::newConnection, &m_server, [this] {
            QLocalSocket *const socket = m_server.nextPendingConnection();
            if (isNative())
                socket->write(hello());
            QObject::connect(socket, &QLocalSocket::readyRead, socket, [this, socket, heard = QByteArray()]() mutable {
                listen(socket, heard += socket->readAll());
            });
        });
        if (!m_server.listen(m_directory.filePath(QStringLiteral("socket"))))
            qWarning("no server");
    }
    [[nodiscard]] QString address() const { return QStringLiteral("unix:") + m_server.fullServerName(); }

private:
    void listen(QLocalSocket *socket, QByteArray &heard)
    {
        if (!isNative()) {
            if (!heard.endsWith(']'))
                return;
            if (std::exchange(heard, {}).contains("[\"do\"")) // else it is only a release
                m_answer(socket, 1);
            return;
        }
        if (heard.startsWith("Q]PF"))
            heard.remove(0, 4);
        while (heard.size() >= 16) {
            const qsizetype length = 16 + qsizetype(qFromBigEndian<quint32>(heard.constData()));
            if (heard.size() < length)
                return;
            const int kind = heard.at(4);
            const auto call = qFromBigEndian<quint64>(heard.constData() + 8);
            heard.remove(0, length);
            if (kind == CallKind)
                m_answer(socket, call);
        }
    }

    Answer m_answer;
    QTemporaryDir m_directory;
    QLocalServer m_server;
};

/// A well-formed reply in the protocol of the tests: @p text, of no special characters.
[[nodiscard]] inline QByteArray textReply(const QByteArray &text, quint64 call)
{
    return isNative() ? resultOf(longHead(3, quint32(text.size())) + text, call) : "[\"ok\",{},\"" + text + "\"]";
}

}

#endif
