// SPDX-License-Identifier: MIT
// What may be in the way of a socket file, and where it may not be.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/socketfiles.h"
#include "helpers/strangers.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>

#include <sched.h>
#include <sys/mount.h>

using namespace Prefork;
using Test::answer;
using Test::failure;
using Test::Nobody;

namespace {

// Mounts are nobody else's business.
bool mountSmall(const QString &place, unsigned long flags, const char *options)
{
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0
        && ::mount("tmpfs", QFile::encodeName(place).constData(), "tmpfs", flags, options) == 0;
}

}

class FaultsSocketsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        QVERIFY(Test::make(m_directory->path(), 0755));
    }

    void row21_whatIsThere_data()
    {
        QTest::addColumn<QString>("kind");
        QTest::addColumn<QString>("says"); // nothing if it is replaced
        const QString noSocket = "there is a file that is not a socket; it was left as it is";
        QTest::newRow("nothing") << "nothing" << QString();
        QTest::newRow("stale socket") << "stale" << QString();
        QTest::newRow("regular file") << "file" << noSocket;
        QTest::newRow("directory") << "directory" << "there is a directory; it was left as it is";
        QTest::newRow("FIFO") << "fifo" << noSocket;
        for (const char *link : {"dangling", "victim", "link to stale"})
            QTest::newRow(link) << link << "there is a symbolic link; it was left as it is";
        QTest::newRow("live server") << "live"
                                     << "a live server is listening there already";
    }
    void row21_whatIsThere()
    {
        QFETCH(QString, kind);
        QFETCH(QString, says);
        const QString place = path("socket");
        const QString victim = path("victim");
        if (kind == "file")
            QVERIFY(Test::makeFile(place));
        else if (kind == "directory")
            QVERIFY(Test::makeDirectory(place, 0755));
        else if (kind == "fifo")
            QCOMPARE(::mkfifo(QFile::encodeName(place).constData(), 0600), 0);
        else if (kind == "victim")
            QVERIFY(Test::makeFile(victim));
        else if (kind == "link to stale")
            QVERIFY(leaveStale(victim));
        else if (kind == "stale")
            QVERIFY(leaveStale(place));
        if (says.contains("symbolic link"))
            QVERIFY(QFile::link(victim, place));
        const int other = kind == "live" ? Test::listenAt(Test::socketAddress(QFile::encodeName(place))) : -1;
        const auto close = qScopeGuard([other] { ::close(other); });
        const Test::Found before = Test::lookAt(place);

        Server server(Test::zygote());
        if (says.isEmpty()) {
            QVERIFY2(server.listen("unix:" + place), qPrintable(server.errorString()));
            QVERIFY(Test::lookAt(place).inode != before.inode || kind == "stale");
            Client client("unix:" + place);
            QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
            return;
        }
        QVERIFY(!server.listen("unix:" + place));
        QCOMPARE(server.errorString(), "cannot listen on unix:" + place + ": " + says);
        QCOMPARE(Test::lookAt(place).inode, before.inode);
        QCOMPARE(Test::lookAt(place).mode, before.mode);
        QVERIFY(!kind.contains("victim") || QFileInfo(victim).size() == 8);
    }
    void row21_theSocketOfAnotherUser()
    {
        if (!Test::isRoot())
            QSKIP("only root can leave the socket of another user");
        QVERIFY(Test::makeDirectory(path("sticky"), 01777));
        const QString place = path("sticky/socket");
        QVERIFY(leaveStale(place));
        Server server(Test::zygote());
        {
            const Test::ActingAsNobody nobody;
            QVERIFY(!server.listen("unix:" + place));
        }
        QVERIFY2(server.errorString().contains("cannot tell whether")
                     || server.errorString().contains("of another user"),
                 qPrintable(server.errorString()));
        QVERIFY(Test::make(place, 0666));
        {
            const Test::ActingAsNobody nobody;
            QVERIFY(!server.listen("unix:" + place));
        }
        QVERIFY2(server.errorString().contains("there is a dead socket of another user; it was left as it is"),
                 qPrintable(server.errorString()));
        QVERIFY2(server.listen("unix:" + place), "root replaces what is dead");
    }

    void row22_whereItMayNotBe_data()
    {
        QTest::addColumn<QString>("place");
        QTest::addColumn<QString>("says"); // nothing if it may
        const QString everybody = "can be written by everybody, who could put another socket in place of this one";
        QTest::newRow("empty") << ""
                               << "names no socket";
        QTest::newRow("no directory") << "missing/sub/socket"
                                      << "directory DIR/missing does not exist";
        QTest::newRow("a file") << "file/socket"
                                << "DIR/file is not a directory";
        QTest::newRow("open to everybody") << "open/socket"
                                           << "directory DIR/open " + everybody;
        QTest::newRow("open to a group") << "group/socket"
                                         << "directory DIR/group can be written by its group";
        QTest::newRow("below one open to everybody") << "open/sub/socket"
                                                     << "directory DIR/open " + everybody;
        QTest::newRow("by a link") << "link-to-open/socket"
                                   << "directory DIR/open " + everybody;
        QTest::newRow("by a link in one") << "open/link/socket"
                                          << "directory DIR/open " + everybody;
        QTest::newRow("links in a circle") << "circle/socket"
                                           << "there are too many symbolic links at DIR/circle";
        QTest::newRow("sticky") << "sticky/socket" << QString();
        QTest::newRow("a link of its own") << "link/socket" << QString();
        QTest::newRow("a relative link") << "sticky/link/socket" << QString();
        QTest::newRow("up and down") << "sticky/../closed/./socket" << QString();
        QTest::newRow("UTF-8") << QString("closed/\u03bb\u20ac") << QString();
        if (!Test::isRoot())
            return;
        QTest::newRow("another's directory") << "theirs/socket"
                                             << "directory DIR/theirs belongs to user 65534";
        QTest::newRow("below another's directory") << "theirs/sub/socket"
                                                   << "directory DIR/theirs belongs to user 65534";
        QTest::newRow("another's sticky directory") << "their-sticky/socket"
                                                    << "directory DIR/their-sticky belongs to user 65534";
        QTest::newRow("another's link") << "their-link/socket"
                                        << "DIR/their-link is a symbolic link of user 65534";
    }
    void row22_whereItMayNotBe()
    {
        QFETCH(QString, place);
        QFETCH(QString, says);
        using Test::makeDirectory;
        QVERIFY(makeDirectory(path("closed"), 0755) && makeDirectory(path("open"), 0777)
                && makeDirectory(path("open/sub"), 0755));
        QVERIFY(makeDirectory(path("group"), 0775) && makeDirectory(path("sticky"), 01777)
                && Test::makeFile(path("file")));
        QVERIFY(QFile::link(path("closed"), path("link")) && QFile::link("../closed", path("sticky/link")));
        QVERIFY(QFile::link(path("open"), path("link-to-open")) && QFile::link(path("closed"), path("open/link")));
        QVERIFY(QFile::link("circle", path("circle")));
        if (Test::isRoot()) {
            QVERIFY(makeDirectory(path("theirs"), 0755, Nobody) && makeDirectory(path("theirs/sub"), 0755));
            QVERIFY(makeDirectory(path("their-sticky"), 01777, Nobody)
                    && QFile::link(path("closed"), path("their-link")));
            QCOMPARE(::lchown(QFile::encodeName(path("their-link")).constData(), Nobody, Nobody), 0);
        }
        const QString address = place.isEmpty() ? QString("unix:") : "unix:" + m_directory->path() + u'/' + place;
        Server server(Test::zygote());
        QCOMPARE(server.listen(address), says.isEmpty());
        QVERIFY2(server.errorString().contains(says.replace("DIR", m_directory->path())),
                 qPrintable(server.errorString()));
        if (server.isListening()) {
            Client client(address);
            QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
        }
    }
    void row22_whoseDirectoryDependsOnWhoAsks()
    {
        if (!Test::isRoot())
            QSKIP("only root can act as another user");
        QVERIFY(Test::makeDirectory(path("theirs"), 0755, Nobody));
        const Test::ActingAsNobody nobody;
        Server server(Test::zygote());
        QVERIFY2(server.listen("unix:" + path("theirs/socket")), qPrintable(server.errorString()));
    }
    void row22_pathLength_data()
    {
        QTest::addColumn<int>("bytes");
        QTest::addColumn<bool>("fits");
        QTest::newRow("107") << 107 << true;
        QTest::newRow("108") << 108 << false;
    }
    void row22_pathLength()
    {
        QFETCH(int, bytes);
        QFETCH(bool, fits);
        Server server(Test::zygote());
        const QString place = path("x").leftJustified(bytes, 'x');
        QCOMPARE(server.listen("unix:" + place), fits);
        QVERIFY(fits || server.errorString().contains("107"));
        QCOMPARE(Test::namesIn(m_directory->path()).size(), fits ? 1 : 0);
    }
    void row69_aDirectoryThatMayOnlyBeEntered()
    {
        if (!Test::isRoot())
            QSKIP("only root can act as another user");
        QVERIFY(Test::make(m_directory->path(), 0711) && Test::makeDirectory(path("d"), 0711));
        Server server(Test::zygote(), {.socketMode = 0666, .peers = {.anyone = true}});
        const QString place = path("d/x").leftJustified(Address::MaxPathBytes, 'x');
        QVERIFY2(server.listen("unix:" + place), qPrintable(server.errorString()));
        const Test::ActingAsNobody nobody;
        Client client(server.address(), {.minWorkers = 0, .waitForServer = false});
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void row22_relativePath()
    {
        const auto restore = qScopeGuard([old = QDir::currentPath()] { QDir::setCurrent(old); });
        QVERIFY(QDir::setCurrent(m_directory->path()));
        Server server(Test::zygote());
        QVERIFY2(server.listen("unix:socket"), qPrintable(server.errorString()));
        QCOMPARE(server.address().path(), QDir::currentPath() + "/socket");
    }

    void row23_noPermissionToConnect()
    {
        if (!Test::isRoot())
            QSKIP("only root can act as another user");
        Server server(Test::zygote());
        QVERIFY2(server.listen("unix:" + path("socket")), qPrintable(server.errorString()));
        const Test::ActingAsNobody nobody;
        Client client(server.address(), {.minWorkers = 0, .waitForServer = false});
        const Error error = failure(client.checkout(), "echo", {1});
        QCOMPARE(error.code(), Error::Unavailable);
        const QString text = error.message() + error.detail();
        QVERIFY2(text.contains("no permission to use the socket"), qPrintable(text));
    }
    void row23_noPlaceForTheSocket_data()
    {
        QTest::addColumn<uint>("flags");
        QTest::addColumn<QByteArray>("options");
        QTest::addColumn<QString>("says");
        QTest::newRow("read-only") << uint(MS_RDONLY) << QByteArray("mode=755")
                                   << "cannot create the socket: Read-only file system";
        QTest::newRow("full") << 0U << QByteArray("mode=755,nr_inodes=1")
                              << "cannot create the socket: No space left on device";
    }
    void row23_noPlaceForTheSocket()
    {
        QFETCH(uint, flags);
        QFETCH(QByteArray, options);
        QFETCH(QString, says);
        const QString place = path("mounted");
        QVERIFY(Test::makeDirectory(place, 0755));
        if (!mountSmall(place, flags, options.constData()))
            QSKIP("this process may not mount anything");
        const auto unmount = qScopeGuard([&] { ::umount(QFile::encodeName(place).constData()); });
        Server server(Test::zygote());
        QVERIFY(!server.listen("unix:" + place + "/socket"));
        QVERIFY2(server.errorString().endsWith(says), qPrintable(server.errorString()));
        QCOMPARE(Test::namesIn(place), QStringList());
    }

private:
    [[nodiscard]] QString path(const QString &name) const { return m_directory->filePath(name); }
    [[nodiscard]] static bool leaveStale(const QString &place)
    {
        const int socket = Test::listenAt(Test::socketAddress(QFile::encodeName(place)));
        return socket >= 0 && ::close(socket) == 0;
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

PREFORK_TEST_MAIN(FaultsSocketsTest, Test::addBasics)
#include "tst_faults_sockets.moc"
