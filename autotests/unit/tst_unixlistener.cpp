// SPDX-License-Identifier: MIT
#include "helpers/rawsocket.h"
#include "server/unixlistener_p.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace Prefork;

namespace {

// What a server that crashed leaves behind.
bool leaveDeadSocket(const QByteArray &path)
{
    return Posix::Fd(Test::boundSocket(Test::socketAddress(path))).isOpen();
}

}

class TestUnixListener : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void replacesADeadSocketWhateverItsName_data();
    void replacesADeadSocketWhateverItsName();
    void waitsNoLongerThanNecessaryForALockedDirectory();
};

void TestUnixListener::replacesADeadSocketWhateverItsName_data()
{
    QTest::addColumn<int>("pathBytes");
    QTest::newRow("short") << 30;
    QTest::newRow("the longest") << Address::MaxPathBytes;
}

void TestUnixListener::replacesADeadSocketWhateverItsName()
{
    QFETCH(const int, pathBytes);
    const QTemporaryDir directory(QStringLiteral("/tmp/XXXXXX"));
    QByteArray path = directory.path().toLocal8Bit() + '/';
    path += QByteArray(pathBytes - path.size(), 'n');
    QVERIFY(leaveDeadSocket(path));
    const Address address = Address::unixSocket(QString::fromLocal8Bit(path));
    UnixListener first;
    QCOMPARE(first.listen(address, {}), QString());
    UnixListener second;
    QCOMPARE(second.listen(address, {}), QStringLiteral("a live server is listening there already"));
}

void TestUnixListener::waitsNoLongerThanNecessaryForALockedDirectory()
{
    const QTemporaryDir directory;
    const Address address = Address::unixSocket(directory.filePath(QStringLiteral("s")));
    QElapsedTimer timer;
    {
        UnixListener early;
        QCOMPARE(early.listen(address, {}), QString());
        const Posix::Fd lock = Posix::openDirectory(directory.path().toLocal8Bit());
        QVERIFY(Posix::lockDirectory(lock.get()));
        timer.start();
        UnixListener late;
        QVERIFY(late.listen(Address::unixSocket(directory.filePath(QStringLiteral("t"))), {}).contains(QStringLiteral("cannot lock")));
    }
    QVERIFY(timer.elapsed() < 10000);
    QVERIFY(!QFile::exists(address.path()));
}

QTEST_GUILESS_MAIN(TestUnixListener)
#include "tst_unixlistener.moc"
