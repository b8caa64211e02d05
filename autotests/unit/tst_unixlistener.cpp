// SPDX-License-Identifier: MIT
#include "helpers/loglines.h"
#include "helpers/socketfiles.h"
#include "posix/file_p.h"
#include "posix/poller_p.h"
#include "posix/transfer_p.h"
#include "server/unixlistener_p.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <csignal>
#include <sys/time.h>

using namespace Prefork;
using namespace Prefork::Internal;
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
    void itsPatienceIsTimeWhateverSignalsCome();
    void removesNothingWithoutTheLock();
    void noticesATakeoverBeforeItWatches();
    void makesItsSocketAnew();
    void takesNobodysPlaceAnew();
    void itsDirectoryMayBeMadeAnew();

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
        QVERIFY(late.listen(Address::unixSocket(m_directory->filePath(QStringLiteral("t"))), {})
                    .contains(QStringLiteral("cannot lock")));
    }
    QVERIFY(timer.elapsed() < 10000);
    QVERIFY(!QFile::exists(m_address.path()));
}

void TestUnixListener::itsPatienceIsTimeWhateverSignalsCome()
{
    const Posix::Fd holder = Posix::openDirectory(m_directory->path().toLocal8Bit());
    QVERIFY(Posix::lockDirectory(holder.get(), 30s));
    const Posix::Fd lock = Posix::openAgain(holder.get());
    struct sigaction action{};
    struct sigaction before{};
    action.sa_handler = [](int) { };
    QCOMPARE(::sigaction(SIGALRM, &action, &before), 0);
    const auto restore = qScopeGuard([&before] {
        const itimerval none{};
        ::setitimer(ITIMER_REAL, &none, nullptr);
        ::sigaction(SIGALRM, &before, nullptr);
    });
    const itimerval often{{0, 500}, {0, 500}};
    QCOMPARE(::setitimer(ITIMER_REAL, &often, nullptr), 0);
    QElapsedTimer time;
    time.start();
    QVERIFY(!Posix::lockDirectory(lock.get(), 300ms));
    QVERIFY2(time.elapsed() >= 300, qPrintable(QString::number(time.elapsed())));
    time.start();
    Posix::waitFor({}, 300ms);
    QVERIFY2(time.elapsed() >= 299, qPrintable(QString::number(time.elapsed())));
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
    old.watch({[&isReplaced] { isReplaced = true; }, nullptr});
    QTRY_VERIFY_WITH_TIMEOUT(isReplaced, 30000);
}

void TestUnixListener::makesItsSocketAnew()
{
    UnixListener listener;
    const ServerOptions options{.socketMode = 0620};
    QCOMPARE(listener.listen(m_address, options), QString());
    const int former = listener.descriptor();
    const Posix::Fd waiting(Test::connectTo(Test::socketAddress(QFile::encodeName(m_address.path()))));
    bool isReplaced = false;
    int asked = 0;
    bool isTaken = false;
    listener.watch({[&isReplaced] { isReplaced = true; }, [&] { return ++asked, isTaken; }});
    const Test::LogLines lines(QStringLiteral("has been removed"));
    QVERIFY(QFile::remove(m_address.path()));
    QTRY_VERIFY_WITH_TIMEOUT(asked > 2, 30000);
    QVERIFY(listener.descriptor() != former);
    QVERIFY(!Posix::hasHungUp(waiting.get())); // whoever waited does so until it has been handed over
    QCOMPARE(Test::lookAt(m_address.path()).mode & 07777, 0620u);
    QVERIFY(Test::connectTo(Test::socketAddress(QFile::encodeName(m_address.path()))) >= 0);
    isTaken = true;
    QTRY_VERIFY_WITH_TIMEOUT(Posix::hasHungUp(waiting.get()), 30000);
    QCOMPARE(lines.count(), 1);
    QVERIFY2(lines.lines().first().contains(m_address.toString() + QStringLiteral(" has been removed")),
             qPrintable(lines.lines().first()));
    QVERIFY(!isReplaced);
    QCOMPARE(Test::namesIn(m_directory->path()), QStringList(QStringLiteral("s")));
    UnixListener next;
    QCOMPARE(next.listen(m_address, {.replace = true}), QString());
    QTRY_VERIFY_WITH_TIMEOUT(isReplaced, 30000); // it still knows when there is somebody else
}

void TestUnixListener::takesNobodysPlaceAnew()
{
    UnixListener listener;
    QCOMPARE(listener.listen(m_address, {}), QString());
    int handOvers = 0;
    listener.watch({[] {}, [&handOvers] { return ++handOvers > 0; }});
    const Test::LogLines lines(QStringLiteral("nobody can connect"));
    QVERIFY(QFile::remove(m_address.path()) && Test::makeFile(m_address.path()));
    QTRY_COMPARE_WITH_TIMEOUT(lines.count(), 1, 30000);
    QVERIFY(QFile::exists(m_address.path()));
    QCOMPARE(handOvers, 0);
    QVERIFY(QFile::remove(m_address.path()));
    QTRY_COMPARE_WITH_TIMEOUT(handOvers, 1, 30000);
    QCOMPARE(lines.count(), 1);
}

void TestUnixListener::itsDirectoryMayBeMadeAnew()
{
    const QString directory = m_directory->filePath(QStringLiteral("run"));
    QVERIFY(Test::makeDirectory(directory, 0700));
    const Address address = Address::unixSocket(directory + QStringLiteral("/s.socket"));
    UnixListener listener;
    QCOMPARE(listener.listen(address, {}), QString());
    int handOvers = 0;
    listener.watch({[] {}, [&handOvers] { return ++handOvers > 0; }});
    for (int round = 1; round <= 2; ++round) {
        QVERIFY(QDir(directory).removeRecursively());
        QVERIFY(Test::makeDirectory(directory, 0700));
        QTRY_COMPARE_WITH_TIMEOUT(handOvers, round, 30000);
        QVERIFY(QFile::exists(address.path()));
    }
}

QTEST_GUILESS_MAIN(TestUnixListener)
#include "tst_unixlistener.moc"
