// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include <QtTest/QTest>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <unistd.h>

using namespace Prefork;

class TestHastyStderr : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_original = Posix::duplicate(STDERR_FILENO); }
    void init();
    void cleanup() { ::dup2(m_original.get(), STDERR_FILENO); }
    void aReadPipeLosesNothing();
    void aFullPipeHasNoRoom();
    void whoIsSlowerThanAnotherWriterDoesNotWait();

private:
    // Until nothing goes in any more, whoever waits for room.
    void fill();

    Posix::Fd m_original;
    Posix::Fd m_reader;
};

void TestHastyStderr::init()
{
    std::array<int, 2> ends{};
    QCOMPARE(::pipe2(ends.data(), O_CLOEXEC), 0);
    m_reader.reset(ends[0]);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[1]);
    std::clearerr(stderr);
}

void TestHastyStderr::fill()
{
    const Posix::Fd writer(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    const std::array<char, 4096> block{};
    while (::write(writer.get(), block.data(), block.size()) > 0) { }
}

void TestHastyStderr::aReadPipeLosesNothing()
{
    {
        Posix::HastyStderr errors;
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

void TestHastyStderr::aFullPipeHasNoRoom()
{
    fill();
    QVERIFY(!Posix::HastyStderr().hasRoom());
}

void TestHastyStderr::whoIsSlowerThanAnotherWriterDoesNotWait()
{
    Posix::HastyStderr errors;
    QVERIFY(errors.hasRoom());
    fill();
    std::fputs("line\n", stderr);
    QVERIFY(errors.takeFailure());
    QVERIFY(!errors.takeFailure());
}

QTEST_GUILESS_MAIN(TestHastyStderr)
#include "tst_hastystderr.moc"
