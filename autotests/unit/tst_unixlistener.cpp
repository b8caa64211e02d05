// SPDX-License-Identifier: MIT
#include "helpers/rawsocket.h"
#include "server/unixlistener_p.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace Prefork;
using namespace std::chrono_literals;

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
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_address = Address::unixSocket(m_directory->filePath(QStringLiteral("s")));
    }
    void replacesADeadSocketWhateverItsName_data();
    void replacesADeadSocketWhateverItsName();
    void waitsNoLongerThanNecessaryForALockedDirectory();
    void removesNothingWithoutTheLock();
    void noticesATakeoverBeforeItWatches();
    void saysOnceThatItsSocketHasBeenRemoved();

private:
    std::unique_ptr<QTemporaryDir> m_directory;
    Address m_address;
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
    QElapsedTimer timer;
    {
        UnixListener early;
        QCOMPARE(early.listen(m_address, {}), QString());
        const Posix::Fd lock = Posix::openDirectory(m_directory->path().toLocal8Bit());
        QVERIFY(Posix::lockDirectory(lock.get(), 30s));
        timer.start();
        UnixListener late;
        QVERIFY(late.listen(Address::unixSocket(m_directory->filePath(QStringLiteral("t"))), {}).contains(QStringLiteral("cannot lock")));
    }
    QVERIFY(timer.elapsed() < 10000);
    QVERIFY(!QFile::exists(m_address.path()));
}

// Between a look and a removal another server could take the path over.
void TestUnixListener::removesNothingWithoutTheLock()
{
    {
        const Posix::Fd lock = Posix::openDirectory(m_directory->path().toLocal8Bit());
        UnixListener listener;
        QCOMPARE(listener.listen(m_address, {}), QString());
        QVERIFY(Posix::lockDirectory(lock.get(), 30s));
        // the listener goes first
    }
    QVERIFY(QFile::exists(m_address.path()));
    UnixListener next;
    QCOMPARE(next.listen(m_address, {}), QString());
}

void TestUnixListener::noticesATakeoverBeforeItWatches()
{
    UnixListener old;
    UnixListener next;
    QCOMPARE(old.listen(m_address, {}), QString());
    QCOMPARE(next.listen(m_address, {.replace = true}), QString());
    bool isReplaced = false;
    old.watch([&isReplaced] { isReplaced = true; });
    QTRY_VERIFY_WITH_TIMEOUT(isReplaced, 30000);
}

void TestUnixListener::saysOnceThatItsSocketHasBeenRemoved()
{
    UnixListener old;
    QCOMPARE(old.listen(m_address, {}), QString());
    bool isReplaced = false;
    old.watch([&isReplaced] { isReplaced = true; });
    static QStringList lines;
    static QtMessageHandler before = nullptr;
    before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &line) { lines += line; });
    QVERIFY(QFile::remove(m_address.path()));
    QTRY_VERIFY_WITH_TIMEOUT(!lines.isEmpty(), 30000);
    UnixListener next;
    QCOMPARE(next.listen(m_address, {}), QString());
    QTRY_VERIFY_WITH_TIMEOUT(isReplaced, 30000); // it still knows when there is somebody else
    qInstallMessageHandler(before);
    QCOMPARE(lines.size(), 1);
    QVERIFY2(lines.first().contains(m_address.toString() + QStringLiteral(" has been removed")), qPrintable(lines.first()));
}

QTEST_GUILESS_MAIN(TestUnixListener)
#include "tst_unixlistener.moc"
