// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/forkban.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>

#include <vector>

using namespace Prefork;

namespace {

void allowFork()
{
    QCOMPARE(::kill(pid_t(Test::zygote()->processId()), SIGUSR1), 0);
}

void fill(Interface &interface)
{
    Test::leaveRoot();
    Test::addBasics(interface);
    interface.preload(Test::forbidFork);
}

}

/// In the original a failed fork is an exception in the accept callback of the server. Ours lets the client wait.
class TaskForkFailureTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void t11_aFailedForkMakesClientsWait()
    {
        QTemporaryDir directory;
        Server server(Test::zygote());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        std::vector<std::unique_ptr<QLocalSocket>> connections(3);
        for (auto &connection : connections) {
            connection = std::make_unique<QLocalSocket>();
            connection->connectToServer(directory.filePath("socket"));
        }
        WAIT_COMPARE(server.workerCount(), 3); // wanted, that is
        QVERIFY(Test::childrenOf(Test::zygote()->processId()).isEmpty());
        connections.pop_back();
        WAIT_COMPARE(server.workerCount(), 2); // who hangs up waits no longer
        for (const auto &connection : connections)
            QCOMPARE(connection->state(), QLocalSocket::ConnectedState);

        Client client(server.address(), {.minWorkers = 0});
        Client embedded(Test::zygote(), {.minWorkers = 0});
        QVariant waited; // a call that never began is not lost
        embedded.checkout()->call("echo", {1}, [&waited](const QVariant &value) { waited = value; });

        allowFork(); // nothing has to be restarted
        WAIT_COMPARE(waited, QVariant(1));
        QCOMPARE(Test::answer(embedded.checkout(), "echo", {2}), QVariant(2));
        QCOMPARE(Test::answer(client.checkout(), "echo", {3}), QVariant(3));
        WAIT_FOR(Test::childrenOf(Test::zygote()->processId()).size() >= 4); // two of them for those that only waited
    }
};

PREFORK_TEST_MAIN(TaskForkFailureTest, fill)
#include "tst_task_forkfailure.moc"
