// SPDX-License-Identifier: MIT
// What a zygote owes its workers while forks take long, as they do once preload has loaded much.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/rawreplies.h"

#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>

#include <pthread.h>

using namespace Prefork;

namespace {

QByteArray s_hurry; // once this file exists, forks are quick

void takeLong()
{
    for (int i = 0; i < 100 && ::access(s_hurry.constData(), F_OK) != 0; ++i)
        ::usleep(1000);
}

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.preload([] { ::pthread_atfork(nullptr, takeLong, nullptr); });
}

}

class SlowForksTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aDeathIsNoticedWhileManyAreYetToBeForked()
    {
        const QTemporaryDir directory;
        const QString path = directory.filePath("socket");
        Server server(Test::zygote());
        QVERIFY(server.listen("unix:" + path));
        QLocalSocket first;
        first.connectToServer(path);
        first.write(R"(["do",{},"pid"])");
        WAIT_FOR(first.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(first);

        const qint64 zygote = Test::zygote()->processId();
        constexpr qsizetype Many = 50;
        std::array<QLocalSocket, Many> others;
        for (QLocalSocket &other : others)
            other.connectToServer(path);
        WAIT_FOR(Test::childrenOf(zygote).size() > 1); // so it is forking them
        QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
        WAIT_COMPARE(first.state(), QLocalSocket::UnconnectedState);
        const qsizetype forked = Test::childrenOf(zygote).size();
        QVERIFY(QFile(QFile::decodeName(s_hurry)).open(QIODevice::WriteOnly));
        QVERIFY2(forked < Many, "the zygote looked at the dead only when it had forked all");
        WAIT_COMPARE(Test::childrenOf(zygote).size(), Many);
    }
};

int main(int argc, char *argv[])
{
    const QTemporaryDir directory;
    s_hurry = QFile::encodeName(directory.filePath("hurry"));
    return Test::runWithZygote<SlowForksTest>(argc, argv, fill);
}

#include "tst_slowforks.moc"
