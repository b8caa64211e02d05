// SPDX-License-Identifier: MIT
#include "posix/stderr_p.h"
#include "posix/transfer_p.h"
#include "server/logging_p.h"

#include <QtTest/QTest>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

using namespace Prefork;
using namespace Prefork::Internal;

namespace {

QString s_line;

}

class TestNonBlockingStderr : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_original = Posix::duplicate(STDERR_FILENO); }
    void init();
    void cleanup() { ::dup2(m_original.get(), STDERR_FILENO); }
    void aReadPipeLosesNothing();
    void aFullPipeHasNoRoom();
    void whoIsSlowerThanAnotherWriterDoesNotWait();
    void aServersLineDoesNotWait();
    void aServersLineGoesToTheHandlerOfTheProgram();

private:
    // Until nothing goes in any more, whoever waits for room.
    void fill();
    // What has gone in.
    QByteArray drain();

    Posix::Fd m_original;
    Posix::Fd m_reader;
};

void TestNonBlockingStderr::init()
{
    std::array<int, 2> ends{};
    QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
    m_reader.reset(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    std::clearerr(stderr);
}

void TestNonBlockingStderr::fill()
{
    const Posix::Fd writer(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const std::array<char, 4096> block{};
    while (::write(writer.get(), block.data(), block.size()) > 0) { }
}

QByteArray TestNonBlockingStderr::drain()
{
    QByteArray heard;
    Posix::setNonBlocking(m_reader.get(), true);
    std::array<char, 4096> block{};
    for (ssize_t count = 1; count > 0; heard.append(block.data(), std::max<ssize_t>(count, 0)))
        count = ::read(m_reader.get(), block.data(), block.size());
    return heard;
}

void TestNonBlockingStderr::aReadPipeLosesNothing()
{
    {
        Posix::NonBlockingStderr errors;
        QVERIFY(errors.hasRoom());
        std::fputs("line\n", stderr);
        QVERIFY(!errors.takeFailure());
    }
    std::fputs("next\n", stderr);
    std::array<char, 16> read{};
    QCOMPARE(Posix::readSome(m_reader.get(), read).bytes, 10);
    QCOMPARE(QByteArray(read.data()), QByteArray("line\nnext\n"));
    QVERIFY((::fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK) == 0);
}

void TestNonBlockingStderr::aFullPipeHasNoRoom()
{
    fill();
    QVERIFY(!Posix::NonBlockingStderr().hasRoom());
}

void TestNonBlockingStderr::whoIsSlowerThanAnotherWriterDoesNotWait()
{
    Posix::NonBlockingStderr errors;
    QVERIFY(errors.hasRoom());
    fill();
    std::fputs("line\n", stderr);
    QVERIFY(errors.takeFailure());
    QVERIFY(!errors.takeFailure());
}

// Qt Test has a handler of its own.
void TestNonBlockingStderr::aServersLineDoesNotWait()
{
    const auto restore = qScopeGuard([old = qInstallMessageHandler(nullptr)] { qInstallMessageHandler(old); });
    fill();
    logServer(QtWarningMsg, QStringLiteral("first"));
    logServer(QtWarningMsg, QStringLiteral("second"));
    drain();
    logServer(QtWarningMsg, QStringLiteral("third"));
    QByteArray heard = drain();
    QVERIFY2(heard.contains("2 lines were lost here") && heard.contains("prefork.server: third\n"), heard.constData());
    while (Posix::hasAmpleStderr())
        QVERIFY(Posix::writeToStderrNow("something else"));
    logServer(QtWarningMsg, QStringLiteral("fourth")); // there is some room, but not much
    heard = drain();
    QVERIFY2(heard.endsWith("prefork.server: fourth\n"), heard.right(100).constData());
    fill();
    logServer(QtWarningMsg, QStringLiteral("fifth"));
    drain();
    logServer(QtWarningMsg, QStringLiteral("sixth"));
    heard = drain();
    QVERIFY2(heard.contains("1 line was lost here"), heard.constData());
}

void TestNonBlockingStderr::aServersLineGoesToTheHandlerOfTheProgram()
{
    fill();
    const auto restore
        = qScopeGuard([old = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &line) {
                           s_line = line;
                       })] { qInstallMessageHandler(old); });
    logServer(QtWarningMsg, QStringLiteral("heard"));
    QCOMPARE(s_line, QStringLiteral("heard"));
    s_line.clear();
    logServer(QtWarningMsg, QStringLiteral("heard again")); // it is still installed
    QCOMPARE(s_line, QStringLiteral("heard again"));
}

QTEST_GUILESS_MAIN(TestNonBlockingStderr)
#include "tst_nonblockingstderr.moc"
