// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/jsonpeer.h"
#include "helpers/loglines.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>

#include <fcntl.h>
#include <functional>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

QByteArray s_setups; // a file to which each setup adds a byte
QByteArray s_broken; // setup fails while this file exists
QByteArray s_slow; // and takes long while this does
QByteArray s_deadly; // and crashes while this does

void setUp()
{
    const int file = ::open(s_setups.constData(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    [[maybe_unused]] const ssize_t written = ::write(file, "x", 1);
    ::close(file);
    if (::access(s_deadly.constData(), F_OK) == 0)
        ::raise(SIGKILL);
    if (::access(s_slow.constData(), F_OK) == 0)
        ::sleep(600);
    if (::access(s_broken.constData(), F_OK) == 0)
        throw Error(QStringLiteral("it is broken"));
}

qint64 setupsBegun()
{
    return QFile(QFile::decodeName(s_setups)).size();
}

bool put(const QByteArray &path)
{
    return QFile(QFile::decodeName(path)).open(QIODevice::WriteOnly);
}

}

// Setups that fail, and how often they are tried.
class TestFaultsSetups : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_address = QStringLiteral("unix:") + m_directory->filePath(QStringLiteral("s.socket"));
        ::unlink(s_broken.constData());
        ::unlink(s_slow.constData());
        ::unlink(s_deadly.constData());
    }
    void aCrashInSetupIsNotTheMethods();
    void row20_manyClientsOfAFailingSetup();
    void row20_clientsOnAZygoteBackOffToo();
    void row20_whoLeavesDuringSetupProvesNothing();

private:
    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_address;
};

// Each calls again whenever a call has failed.
class Insisting
{
public:
    template <class Where>
    Insisting(Where where, const ClientOptions &options)
        : m_client(where, options)
    {
        call();
    }
    [[nodiscard]] bool isServed() const { return m_isServed; }
    [[nodiscard]] int failures() const { return m_failures; }

private:
    void call()
    {
        frameTry([this] { m_client.checkout()->call("pid", {}, [this](const QVariant &) { m_isServed = true; }); },
                 [this](const Error &) {
                     ++m_failures;
                     QMetaObject::invokeMethod(&m_client, [this] { call(); }, Qt::QueuedConnection);
                 });
    }

    Client m_client;
    bool m_isServed = false;
    int m_failures = 0;
};
using Crowd = std::vector<std::unique_ptr<Insisting>>;

// How many setups begin meanwhile.
qint64 setupsIn(std::chrono::milliseconds time)
{
    const qint64 before = setupsBegun();
    QEventLoop loop;
    QTimer::singleShot(time, &loop, &QEventLoop::quit);
    loop.exec();
    return setupsBegun() - before;
}

// That a crowd soon begins no more than a setup a second; then the setup is mended, and all are served.
void insist(const Crowd &crowd)
{
    const QDeadlineTimer patience(Test::Patience);
    while (setupsIn(1s) > 2)
        QVERIFY(!patience.hasExpired());
    // On a busy machine some of them may still wait for their first setup.
    QVERIFY(std::any_of(crowd.begin(), crowd.end(), [](const auto &one) { return one->failures() > 0; }));
    QElapsedTimer time;
    time.start();
    const qint64 before = setupsBegun();
    setupsIn(3s);
    QVERIFY(QTest::qWaitFor([&] { return setupsBegun() > before; }, int(Test::Patience.count()))); // it is tried again
    const qint64 tried = setupsBegun() - before;
    const qint64 seconds = time.elapsed() / 1000 + 1;
    QVERIFY2(tried <= seconds + 2, qPrintable(QStringLiteral("%1 in %2 s").arg(tried).arg(seconds)));
    ::unlink(s_broken.constData());
    const auto isServed = [](const auto &one) { return one->isServed(); };
    QVERIFY(Test::waitUntilAll([&] { return std::count_if(crowd.begin(), crowd.end(), isServed); },
                               [&] { return qsizetype(crowd.size()); }));
}

void TestFaultsSetups::aCrashInSetupIsNotTheMethods()
{
    QVERIFY(put(s_deadly));
    Client client(Test::zygote(), {.minWorkers = 0, .maxWorkers = 1});
    const Test::Outcome outcome = Test::call(client.checkout(), "pid");
    QVERIFY(outcome.error);
    QCOMPARE(outcome.error->code(), Error::WorkerLost);
    QCOMPARE(outcome.error->detail(), QStringLiteral("the worker was killed by SIGKILL during its setup"));
    ::unlink(s_deadly.constData());
    QVERIFY(Test::call(client.checkout(), "pid").result);
}

void TestFaultsSetups::row20_manyClientsOfAFailingSetup()
{
    QVERIFY(put(s_broken));
    Server server(Test::zygote());
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    Crowd crowd;
    for (int i = 0; i < 60; ++i)
        crowd.push_back(
            std::make_unique<Insisting>(m_address, ClientOptions{.minWorkers = 0, .maxWorkers = 1, .timeout = 0ms}));
    insist(crowd);
}

void TestFaultsSetups::row20_clientsOnAZygoteBackOffToo()
{
    QVERIFY(put(s_broken));
    Crowd crowd;
    for (int i = 0; i < 20; ++i)
        crowd.push_back(std::make_unique<Insisting>(Test::zygote(),
                                                    ClientOptions{.minWorkers = 0, .maxWorkers = 1, .timeout = 0ms}));
    insist(crowd);
}

void TestFaultsSetups::row20_whoLeavesDuringSetupProvesNothing()
{
    const Test::LogLines lines(QStringLiteral("have not come through their setup"));
    QVERIFY(put(s_slow));
    Server server(Test::zygote());
    QVERIFY2(server.listen(m_address), qPrintable(server.errorString()));
    for (int i = 0; i < 10; ++i) {
        const qint64 before = setupsBegun();
        const Test::JsonPeer peer(m_address);
        peer.begin("pid");
        QVERIFY(Test::waitUntil([&, watch = std::make_shared<QTimer>()] {
            watch->start(5ms);
            return setupsBegun() > before;
        }));
    }
    QVERIFY(Test::waitUntil([&] { return server.workerCount() == 0; })); // killed, for nobody waits for them
    ::unlink(s_slow.constData());
    Client client(m_address, {.minWorkers = 0});
    QVERIFY(Test::call(client.checkout(), "pid").result);
    QCOMPARE(lines.count(), 0);
}

int main(int argc, char *argv[])
{
    const QTemporaryDir directory;
    const auto name
        = [&directory](const char *file) { return QFile::encodeName(directory.filePath(QString::fromLatin1(file))); };
    s_setups = name("setups");
    s_broken = name("broken");
    s_slow = name("slow");
    s_deadly = name("deadly");
    return Test::runWithZygote<TestFaultsSetups>(argc, argv, [](Interface &interface) {
        Test::addBasics(interface);
        interface.setup(setUp);
    });
}

#include "tst_faults_setups.moc"
