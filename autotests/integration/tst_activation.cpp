// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/rawsocket.h"

#include <QtPrefork/Client>

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>

#include <cstddef>

using namespace Prefork;

namespace {

int boundSocket(const QString &path, int type)
{
    const int socket = Test::boundSocket(Test::socketAddress(QFile::encodeName(path)), type);
    if (socket < 0)
        qFatal("cannot bind");
    return socket;
}

/// Does for a program what systemd does for a service with a socket unit.
class Supervisor
{
public:
    explicit Supervisor(const std::vector<int> &listeners)
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("LISTEN_FDS"), QString::number(listeners.size()));
        environment.insert(QStringLiteral("LISTEN_FDNAMES"), QStringLiteral("echo"));
        m_process.setProcessEnvironment(environment);
        m_process.setChildProcessModifier([listeners] {
            constexpr int OutOfTheWay = 100;
            for (std::size_t i = 0; i < listeners.size(); ++i)
                ::dup2(listeners[i], OutOfTheWay + int(i));
            for (std::size_t i = 0; i < listeners.size(); ++i)
                ::dup2(OutOfTheWay + int(i), 3 + int(i));
        });
    }
    ~Supervisor()
    {
        m_process.kill();
        m_process.waitForFinished(-1);
    }
    void setNotifySocket(const QString &path)
    {
        QProcessEnvironment environment = m_process.processEnvironment();
        environment.insert(QStringLiteral("NOTIFY_SOCKET"), path);
        m_process.setProcessEnvironment(environment);
    }
    [[nodiscard]] bool start()
    {
        m_process.start(
            QStringLiteral("/bin/sh"),
            {QStringLiteral("-c"), QStringLiteral("LISTEN_PID=$$ exec \"$0\""), QStringLiteral(ECHO_SERVER)},
            QIODevice::ReadOnly);
        return m_process.waitForReadyRead(int(Test::Patience.count()));
    }
    [[nodiscard]] QByteArray output() { return m_process.readAllStandardOutput(); }
    [[nodiscard]] QByteArray errors() { return m_process.readAllStandardError(); }
    [[nodiscard]] int stop()
    {
        m_process.terminate();
        const bool hasEnded
            = m_process.state() == QProcess::NotRunning || m_process.waitForFinished(int(Test::Patience.count()));
        return hasEnded ? m_process.exitCode() : -1;
    }

private:
    QProcess m_process;
};

}

// Sockets and news between a supervisor such as systemd and a server.
class TestActivation : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPassedSocketOutlivesItsServers()
    {
        QTemporaryDir directory;
        const QString path = directory.filePath(QStringLiteral("s.socket"));
        const int listener = boundSocket(path, SOCK_STREAM);
        QCOMPARE(::listen(listener, 16), 0);
        Client client(QStringLiteral("unix:") + path, {.minWorkers = 0, .maxWorkers = 1});
        for (int round = 0; round < 2; ++round) {
            std::optional<QVariant> early; // nobody serves yet, and yet the connection is not refused
            client.checkout()->call("pid", {}, [&early](const QVariant &result) { early = result; });
            Supervisor supervisor({listener});
            QVERIFY(supervisor.start());
            QCOMPARE(supervisor.output(), "listening on unix:" + path.toLocal8Bit() + '\n');
            QVERIFY(Test::waitUntil([&] { return early.has_value(); }));
            QCOMPARE(supervisor.stop(), 0);
            QVERIFY(QFile::exists(path));
        }
        ::close(listener);
    }
    void anAbstractSocketIsRefused()
    {
        const QByteArray name = "prefork-test-" + QByteArray::number(::getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path + 1, name.constData(), std::size_t(name.size()));
        const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto length = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + std::size_t(name.size()));
        QCOMPARE(::bind(listener, reinterpret_cast<const sockaddr *>(&address), length), 0);
        QCOMPARE(::listen(listener, 16), 0);
        Supervisor supervisor({listener});
        QVERIFY(!supervisor.start()); // it says nothing and ends
        QCOMPARE(supervisor.stop(), 2);
        const QByteArray errors = supervisor.errors();
        QVERIFY2(errors.contains("'unix:@" + name + "' names an abstract socket"), errors.constData());
        ::close(listener);
    }
    void eachPassedSocketIsServed()
    {
        QTemporaryDir directory;
        const QStringList paths
            = {directory.filePath(QStringLiteral("one")), directory.filePath(QStringLiteral("two"))};
        std::vector<int> listeners;
        for (const QString &path : paths) {
            listeners.push_back(boundSocket(path, SOCK_STREAM));
            QCOMPARE(::listen(listeners.back(), 16), 0);
        }
        Supervisor supervisor(listeners);
        QVERIFY(supervisor.start());
        for (const QString &path : paths) {
            Client client(QStringLiteral("unix:") + path, {.minWorkers = 0, .maxWorkers = 1});
            QVERIFY(Test::call(client.checkout(), "pid").result);
        }
        QCOMPARE(supervisor.stop(), 0);
        for (const int listener : listeners)
            ::close(listener);
    }
    void itSaysWhenItIsReadyAndWhenItStops()
    {
        QTemporaryDir directory;
        const int news = boundSocket(directory.filePath(QStringLiteral("notify")), SOCK_DGRAM);
        const int listener = boundSocket(directory.filePath(QStringLiteral("s.socket")), SOCK_STREAM);
        QCOMPARE(::listen(listener, 16), 0);
        Supervisor supervisor({listener});
        supervisor.setNotifySocket(directory.filePath(QStringLiteral("notify")));
        QVERIFY(supervisor.start());
        const auto read = [news] {
            char text[500];
            const ssize_t count = ::recv(news, text, sizeof text, 0);
            return QByteArray(text, std::max<ssize_t>(count, 0));
        };
        QVERIFY(read().startsWith("READY=1\n"));
        QCOMPARE(supervisor.stop(), 0);
        QCOMPARE(read(), QByteArray("STOPPING=1"));
        ::close(listener);
        ::close(news);
    }
    void whatIsNoListeningSocketIsRefused()
    {
        QTemporaryDir directory;
        const int bound = boundSocket(directory.filePath(QStringLiteral("s.socket")), SOCK_STREAM); // and that is all
        Supervisor supervisor({bound});
        static_cast<void>(supervisor.start());
        QCOMPARE(supervisor.stop(), 2);
        ::close(bound);
    }
};

QTEST_GUILESS_MAIN(TestActivation)
#include "tst_activation.moc"
