// SPDX-License-Identifier: MIT
// The QML module and what only C++ can do to it: engines that go before their objects and after them, warnings, and
// servers that are no good.
#include "methods.h"

#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>

#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtQml/QJSEngine>
#include <QtQml/QQmlComponent>
#include <QtQml/QQmlEngine>
#include <QtQml/QQmlError>
#include <QtTest/QAbstractItemModelTester>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

const char Page[] = R"(import QtQml
import Prefork
QtObject {
    id: page
    property string heard
    property string address
    property Client pool: Client { id: pool; maxWorkers: 2; address: page.address
        timeout: page.address ? 2000 : 60000 // the short one is for servers that are no good
        onUnhandledError: error => { page.heard += " unhandled:" + error.message } }
    property WorkerModel workers: WorkerModel { client: page.pool }
    property CallLog log: CallLog { client: page.pool }
    property LatencyModel latencies: LatencyModel { client: page.pool }
    property Call run: Call { id: run; client: pool; method: "sleep"; args: [100, 1]
        onFinished: result => { page.heard += " finished:" + result }
        onFailed: error => { page.heard += " failed:" + error.code } }
    function begin() {
        run.start();
        const hear = what => (value => { page.heard += " " + what + ":" + (value.code || value) });
        pool.call("sleep", [100, 2], hear("call"), hear("error"));
        pool.promise("sleep", [100, 3]).then(hear("promise"), hear("rejected"));
        pool.withCheckout(c => c.promise("sleep", [100, 4])).then(hear("checkout"), hear("lost"));
    }
    function lonely() { pool.promise("fail", ["oh"]) }
}
)";

struct Made
{
    QQmlEngine engine;
    std::unique_ptr<QObject> page;

    explicit Made(const QString &address = {})
    {
        QQmlComponent component(&engine);
        component.setData(Page, QUrl("file:///page.qml"));
        page.reset(component.createWithInitialProperties({{"address", address}}));
        if (!page)
            qFatal("%s", qPrintable(component.errorString()));
    }
    [[nodiscard]] QAbstractItemModel *model(const char *name) const
    {
        return page->property(name).value<QAbstractItemModel *>();
    }
    [[nodiscard]] QObject *pool() const { return page->property("pool").value<QObject *>(); }
    [[nodiscard]] QString heard() const { return page->property("heard").toString(); }
    void begin() const { QMetaObject::invokeMethod(page.get(), "begin"); }
};

}

class QmlEngineTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void serves()
    {
        const Made made;
        made.begin();
        WAIT_COMPARE(made.heard().count(' '), 4);
        for (const char *const outcome : {" finished:1", " call:2", " promise:3", " checkout:4"})
            QVERIFY2(made.heard().contains(outcome), qPrintable(made.heard()));
    }

    // Nothing of what is under way may touch an engine that has gone.
    void engineGoesFirst_data()
    {
        QTest::addColumn<int>("turns");
        QTest::newRow("at once") << 0;
        QTest::newRow("while they run") << 50;
        QTest::newRow("when they have ended") << 400;
    }
    void engineGoesFirst()
    {
        QFETCH(const int, turns);
        auto made = std::make_unique<Made>();
        made->begin();
        QTest::qWait(turns);
        QObject *const page = made->page.release();
        page->setParent(this);
        const QPointer<QObject> pool = page->property("pool").value<QObject *>();
        made.reset();
        QTest::qWait(200);
        QVERIFY(pool);
        delete page;
        QTest::qWait(50);
    }

    void clientGoesFirst()
    {
        Made made;
        made.begin();
        QTest::qWait(50);
        made.page.reset();
        QTest::qWait(50);
        made.engine.collectGarbage();
        QTest::qWait(10);
    }

    void bothGoAtOnce()
    {
        for (int i = 0; i < 20; ++i) {
            const Made made;
            made.begin();
            if (i % 2)
                QCoreApplication::processEvents();
        }
    }

    // Views are told of every row that comes and goes.
    void modelsFollowTheirClient()
    {
        const Made made;
        std::vector<std::unique_ptr<QAbstractItemModelTester>> testers;
        for (const char *const name : {"workers", "log", "latencies"}) {
            QVERIFY(made.model(name));
            testers.push_back(std::make_unique<QAbstractItemModelTester>(
                made.model(name), QAbstractItemModelTester::FailureReportingMode::Fatal));
        }
        for (int round = 1; round <= 4; ++round) {
            made.begin();
            WAIT_COMPARE(made.heard().count(' '), 4 * round);
            WAIT_COMPARE(made.model("log")->rowCount(), 4 * round);
            WAIT_COMPARE(made.model("latencies")->property("finished").toInt(), 4 * round);
            QVERIFY(made.model("workers")->rowCount() > 0);
            made.pool()->setProperty("maxWorkers", 2 + round);
            QCoreApplication::processEvents(); // what is called from now on, the new pool does
        }
        made.begin();
        QTest::qWait(20);
        delete made.pool();
        QCOMPARE(made.model("workers")->rowCount(), 0);
        QCOMPARE(made.model("log")->rowCount(), 20);
    }

    // Its options are not known before it is complete.
    void modelsMakeNoClientThatIsNotComplete()
    {
        QQmlEngine engine;
        QQmlComponent client(&engine);
        client.setData("import Prefork\nClient { }", {});
        QQmlComponent models(&engine);
        models.setData("import Prefork\nWorkerModel { }", {});
        const std::unique_ptr<QObject> model(models.create());
        const std::unique_ptr<QObject> pool(client.beginCreate(engine.rootContext()));
        QVERIFY(model && pool);
        QVERIFY(model->setProperty("client", QVariant::fromValue(pool.get())));
        QCOMPARE(model->property("client").value<QObject *>(), pool.get());
        QVERIFY(pool->findChildren<Client *>().isEmpty());
        client.completeCreate();
        QCOMPARE(pool->findChildren<Client *>().size(), 1);
        WAIT_FOR(qobject_cast<QAbstractItemModel *>(model.get())->rowCount() > 0);
    }

    void modelsGoInASignalOfAnother_data()
    {
        QTest::addColumn<QByteArray>("who");
        QTest::newRow("the client") << QByteArray("pool");
        QTest::newRow("the log itself") << QByteArray("log");
        QTest::newRow("another model") << QByteArray("workers");
    }
    void modelsGoInASignalOfAnother()
    {
        QFETCH(const QByteArray, who);
        Made made;
        connect(made.model("log"), &QAbstractItemModel::rowsInserted, this,
                [&] { delete made.page->property(who.constData()).value<QObject *>(); });
        made.begin();
        WAIT_FOR(!made.page->property(who.constData()).value<QObject *>());
        QTest::qWait(50);
    }

    void warnsWithTheLineOfTheCall()
    {
        Made made;
        made.engine.setOutputWarningsToStandardError(false);
        QList<QQmlError> warnings;
        QObject::connect(&made.engine, &QQmlEngine::warnings, this,
                         [&](const QList<QQmlError> &errors) { warnings.append(errors); });
        QMetaObject::invokeMethod(made.page.get(), "lonely");
        WAIT_COMPARE(warnings.size(), 1);
        QCOMPARE(warnings.first().url(), QUrl("file:///page.qml"));
        QCOMPARE(warnings.first().line(), 23);
        QCOMPARE(warnings.first().description(), "the call of 'fail' failed: Error: oh");
        QCOMPARE(made.heard(), " unhandled:oh");
    }

    // What accepts connections, and then says what is not the protocol, hangs up, or says nothing.
    void serverIsNoGood_data()
    {
        QTest::addColumn<QByteArray>("says");
        QTest::addColumn<bool>("hangsUp");
        QTest::newRow("garbage") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << false;
        QTest::newRow("hang-up") << QByteArray() << true;
        QTest::newRow("silence") << QByteArray() << false;
    }
    void serverIsNoGood()
    {
        QFETCH(const QByteArray, says);
        QFETCH(const bool, hangsUp);
        const QTemporaryDir directory;
        QLocalServer server;
        connect(&server, &QLocalServer::newConnection, this, [&] {
            QLocalSocket *const socket = server.nextPendingConnection();
            socket->write(says);
            if (hangsUp)
                socket->disconnectFromServer();
        });
        QVERIFY(server.listen(directory.filePath("socket")));
        const Made made("unix:" + server.serverName());
        made.begin();
        QTRY_COMPARE_WITH_TIMEOUT(made.heard().count(' '), 4, 30000);
        QVERIFY2(!made.heard().contains("finished"), qPrintable(made.heard()));
    }
};

PREFORK_TEST_MAIN(QmlEngineTest, Test::fillInterface)
#include "tst_qmlengine.moc"
