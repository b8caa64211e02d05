// SPDX-License-Identifier: MIT
#include "helpers/rawsocket.h"
#include "posix/descriptor_p.h"
#include "server/acceptor_p.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace Prefork;
using namespace Prefork::Internal;

namespace {

int s_warnings = 0;

void countWarnings(QtMsgType, const QMessageLogContext &, const QString &line)
{
    s_warnings += line.contains(QStringLiteral("cannot accept"));
}

}

class TestAcceptor : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void acceptsTheRestThoughItIsDisabled();
    void saysOnceThatItCannotAccept();

private:
    const QTemporaryDir m_directory;
};

void TestAcceptor::acceptsTheRestThoughItIsDisabled()
{
    const sockaddr_un address = Test::socketAddress(QFile::encodeName(m_directory.filePath(QStringLiteral("rest"))));
    const Posix::Fd listener(Test::boundSocket(address, SOCK_STREAM | SOCK_NONBLOCK));
    QCOMPARE(::listen(listener.get(), 200), 0);
    int accepted = 0;
    Acceptor acceptor(listener.get(), [&accepted](const Posix::Fd &) { ++accepted; });
    acceptor.setEnabled(false);
    std::vector<Posix::Fd> connections;
    for (int i = 0; i < 200; ++i)
        connections.emplace_back(Test::connectTo(address));
    QVERIFY(acceptor.acceptRest());
    QCOMPARE(accepted, 200);
}

void TestAcceptor::saysOnceThatItCannotAccept()
{
    const sockaddr_un address = Test::socketAddress(QFile::encodeName(m_directory.filePath(QStringLiteral("once"))));
    const Posix::Fd good(Test::boundSocket(address, SOCK_STREAM | SOCK_NONBLOCK));
    QCOMPARE(::listen(good.get(), 8), 0);
    const Posix::Fd bad(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); // accepting from it fails
    const Posix::Fd listener = Posix::duplicate(good.get());
    int accepted = 0;
    Acceptor acceptor(listener.get(), [&accepted](const Posix::Fd &) { ++accepted; });
    const auto restore = qScopeGuard([old = qInstallMessageHandler(countWarnings)] { qInstallMessageHandler(old); });
    for (int i = 0; i < 10; ++i) {
        QVERIFY(::dup2(bad.get(), listener.get()) >= 0);
        QVERIFY(!acceptor.acceptRest());
        QVERIFY(::dup2(good.get(), listener.get()) >= 0);
        const Posix::Fd connection(Test::connectTo(address));
        QVERIFY(acceptor.acceptRest());
    }
    QCOMPARE(accepted, 10);
    QCOMPARE(s_warnings, 1);
}

QTEST_GUILESS_MAIN(TestAcceptor)

#include "tst_acceptor.moc"
