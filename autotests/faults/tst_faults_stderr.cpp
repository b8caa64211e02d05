// SPDX-License-Identifier: MIT
// Zygotes and workers whose standard error nobody reads.
#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>

#include <array>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

std::map<QByteArray, std::unique_ptr<Zygote>> s_zygotes; // by name
const QTemporaryDir s_directory;
QByteArray s_fifo;

void becomeStderr(int descriptor)
{
    ::dup2(descriptor, STDERR_FILENO);
    ::close(descriptor);
}

// Whoever opens it for both is its reader too, so that it does not break.
void makeStderrFull()
{
    const int fifo = ::open(s_fifo.constData(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    const std::array<char, 4096> block{};
    while (::write(fifo, block.data(), block.size()) > 0) { }
    ::fcntl(fifo, F_SETFL, 0);
    becomeStderr(fifo);
}

void makeStderrClosed()
{
    std::array<int, 2> ends{};
    [[maybe_unused]] const int result = ::pipe2(ends.data(), O_CLOEXEC);
    ::close(ends[0]);
    becomeStderr(ends[1]);
}

QByteArray readAll(int descriptor)
{
    QByteArray all;
    std::array<char, 4096> part{};
    for (ssize_t count; (count = ::read(descriptor, part.data(), part.size())) > 0;)
        all.append(part.data(), count);
    return all;
}

void makeZygotes()
{
    Interface interface;
    Test::addBasics(interface);
    interface.add("crash", [](const QVariantList &) { return ::raise(SIGKILL), QVariant(); });
    interface.preload(makeStderrFull);
    for (const char *const name : {"full", "counted"}) {
        s_fifo = QFile::encodeName(s_directory.filePath(name)) + ".fifo";
        ::mkfifo(s_fifo.constData(), 0600);
        s_zygotes[name] = std::make_unique<Zygote>(interface);
    }
    interface.preload(makeStderrClosed);
    s_zygotes["closed"] = std::make_unique<Zygote>(interface);
}

}

class FaultsStderrTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row29_nobodyReadsTheLog_data()
    {
        QTest::addColumn<QByteArray>("name");
        QTest::newRow("full") << QByteArray("full");
        QTest::newRow("closed") << QByteArray("closed");
    }
    void row29_nobodyReadsTheLog()
    {
        QFETCH(QByteArray, name);
        Zygote *const zygote = s_zygotes.at(name).get();
        QVERIFY2(zygote->isValid(), qPrintable(zygote->errorString()));
        Server server(zygote);
        QVERIFY2(server.listen("unix:" + s_directory.filePath(name)), qPrintable(server.errorString()));
        Client client(server.address(), {.minWorkers = 1, .maxWorkers = 1});

        // The zygote says how a worker has died, and a worker what it has not understood.
        for (int i = 0; i < 3; ++i)
            QCOMPARE(failure(client.checkout(), "crash").code(), Error::WorkerLost);
        QLocalSocket socket;
        socket.connectToServer(server.address().path());
        socket.write("this is not JSON");
        WAIT_COMPARE(socket.state(), QLocalSocket::UnconnectedState);
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void row29_whatWasLostIsCounted()
    {
        Client client(s_zygotes.at("counted").get(), {.minWorkers = 1, .maxWorkers = 1});
        for (int i = 0; i < 3; ++i)
            QCOMPARE(failure(client.checkout(), "crash").code(), Error::WorkerLost);
        // The zygote has not forked another before it had told of the last.
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
        const int reader = ::open(s_fifo.constData(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        const auto close = qScopeGuard([reader] { ::close(reader); });
        QVERIFY(!readAll(reader).contains("SIGKILL"));
        QCOMPARE(failure(client.checkout(), "crash").code(), Error::WorkerLost);
        QByteArray log;
        WAIT_FOR((log += readAll(reader)).contains("SIGKILL"));
        const QRegularExpression expected("\\A.*: 3 lines were lost here, for nobody read standard error\n"
                                          ".*: worker \\d+ \\(\\d+\\) was killed by SIGKILL");
        QVERIFY2(expected.match(QString::fromLocal8Bit(log)).hasMatch(), log.constData());
    }
};

int main(int argc, char *argv[])
{
    makeZygotes();
    QCoreApplication app(argc, argv);
    FaultsStderrTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto &[name, zygote] : s_zygotes) {
        Test::killWorkersOf(zygote->processId());
        ::kill(pid_t(zygote->processId()),
               SIGKILL); // one that waits for its log's reader would keep our standard output open
    }
    return result;
}

#include "tst_faults_stderr.moc"
