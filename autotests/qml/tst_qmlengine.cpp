// SPDX-License-Identifier: MIT
// The QML module and what only C++ can do to it: engines that go before their objects and after them, warnings, and
// servers that are no good.
#include "methods.h"

#include "helpers/embedded.h"

#include <QtPrefork/Client>

#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtQml/QJSEngine>
#include <QtQml/QQmlComponent>
#include <QtQml/QQmlEngine>
#include <QtQml/QQmlError>

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
        QTRY_COMPARE(made.heard().count(' '), 4);
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

    void warnsWithTheLineOfTheCall()
    {
        Made made;
        made.engine.setOutputWarningsToStandardError(false);
        QList<QQmlError> warnings;
        QObject::connect(&made.engine, &QQmlEngine::warnings, this,
                         [&](const QList<QQmlError> &errors) { warnings.append(errors); });
        QMetaObject::invokeMethod(made.page.get(), "lonely");
        QTRY_COMPARE(warnings.size(), 1);
        QCOMPARE(warnings.first().url(), QUrl("file:///page.qml"));
        QCOMPARE(warnings.first().line(), 19);
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
