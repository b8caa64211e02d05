// SPDX-License-Identifier: MIT
// The monitor: its window with real keys and clicks, on a real server that dies and comes back, and the program.
#include "helpers/serverprocess.h"
#include "helpers/windows.h"

#include "callarguments.h"
#include "commandline.h"
#include "window.h"

#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>

#include <csignal>

using namespace Prefork;
using Test::itemWith;

namespace {

// For what takes moments, and on a busy machine longer.
constexpr int Patience = 60'000;

// The text field that has this name.
QQuickItem *fieldWith(QQuickItem *root, const QString &name)
{
    QQuickItem *const field = itemWith(root, "name", name);
    return field ? field->property("input").value<QQuickItem *>() : nullptr;
}

void click(QQuickWindow *window, QQuickItem *item)
{
    QTest::mouseClick(window, Qt::LeftButton, {}, Test::placeOf(item).center());
}

void type(QQuickWindow *window, const QString &text)
{
    for (const QChar letter : text)
        QTest::keyClick(window, letter.toLatin1());
}

}

class MonitorTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression("qml"));
        m_directory = std::make_unique<QTemporaryDir>();
        m_server = std::make_unique<Test::ServerProcess>();
    }
    void cleanup()
    {
        m_server.reset();
        m_directory.reset();
    }

    void argumentsAreJsonOrWords_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QVariantList>("list");
        QTest::addColumn<QString>("problem");
        const QVariant null = QVariant::fromValue(nullptr);
        QTest::newRow("none") << "" << QVariantList() << "";
        QTest::newRow("blanks") << "  " << QVariantList() << "";
        QTest::newRow("words") << "hi 5 -1.5 true null" << QVariantList{"hi", 5, -1.5, true, null} << "";
        QTest::newRow("quoted") << "5 \"5\" \"two words\" \"a \\\"b\\\"\""
                                << QVariantList{5, "5", "two words", "a \"b\""} << "";
        QTest::newRow("object") << " {\"a\": 1, \"}\": \"]\"} " << QVariantList{QVariantMap{{"a", 1}, {"}", "]"}}}
                                << "";
        QTest::newRow("array") << "hi [1, [2, {\"a\": null}]] []"
                               << QVariantList{"hi", QVariantList{1, QVariantList{2, QVariantMap{{"a", null}}}},
                                               QVariantList()}
                               << "";
        QTest::newRow("large") << "18446744073709551615" << QVariantList{quint64(-1)} << "";
        QTest::newRow("too large") << "18446744073709551617" << QVariantList()
                                   << "The arguments cannot be sent: the integer 18446744073709551617 does not fit";
        QTest::newRow("array without end") << "1 [1, 2" << QVariantList{1} << "This has no end: [1, 2";
        QTest::newRow("text without end") << "1 \"two" << QVariantList{1} << "This has no end: \"two";
        QTest::newRow("no array") << "[1; 2]" << QVariantList() << "This is no JSON: [1; 2]";
        QTest::newRow("no object") << "{a: 1}" << QVariantList() << "This is no JSON: {a: 1}";
        QTest::newRow("brackets that differ") << "[1}" << QVariantList() << "This is no JSON: [1}";
        QTest::newRow("no blank") << "[1],[2]" << QVariantList() << "A blank is missing after this: [1]";
    }
    void argumentsAreJsonOrWords()
    {
        QFETCH(const QString, text);
        QFETCH(const QVariantList, list);
        QFETCH(const QString, problem);
        const CallArguments arguments = CallArguments::read(text);
        QCOMPARE(arguments.list, list);
        QCOMPARE(arguments.problem.isEmpty(), problem.isEmpty());
        QVERIFY2(problem.isEmpty() || arguments.problem.startsWith(problem), qPrintable(arguments.problem));
    }

    // All of it with the keyboard and the mouse.
    void keysAndClicks()
    {
        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        Monitor monitor(address());
        Window window(&monitor);
        show(&window, {900, 700});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.isConnected(), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(itemWith(window.rootObject(), "text", "Connected"), Patience);
        QVERIFY(itemWith(window.rootObject(), "text", address()));

        // The keyboard is in the field of the method. Enter without a method says what is missing.
        CallLoop *const loop = monitor.loop();
        QTest::keyClick(&window, Qt::Key_Return);
        QVERIFY(!loop->isRunning());
        QVERIFY(itemWith(window.rootObject(), "text", "Which method? Its name is missing."));
        type(&window, "args");
        QTest::keyClick(&window, Qt::Key_Tab);
        QCOMPARE(window.activeFocusItem(), fieldWith(window.rootObject(), "Arguments"));
        type(&window, "hi 5");
        QTest::keyClick(&window, Qt::Key_Return);
        QVERIFY(loop->isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(loop->finished() > 100, Patience);
        QCOMPARE(loop->lastResult(), "[\"hi\",5]");
        QCOMPARE(loop->failed(), 0.0);
        QTRY_VERIFY_WITH_TIMEOUT(monitor.pool()->throughput().last() > 0, Patience);
        QCOMPARE(monitor.pool()->workers()->rowCount(), 4); // as many calls at a time

        // The arrows of the stepper change how many there are at a time.
        QTest::keyClick(&window, Qt::Key_Tab);
        QTest::keyClick(&window, Qt::Key_Up);
        QCOMPARE(loop->atATime(), 5);
        QTRY_COMPARE_WITH_TIMEOUT(monitor.pool()->workers()->rowCount(), 5, Patience);

        QQuickItem *const stop = itemWith(window.rootObject(), "text", "Stop");
        QVERIFY(stop);
        click(&window, stop);
        QVERIFY(!loop->isRunning());
        QTRY_COMPARE_WITH_TIMEOUT(monitor.pool()->busyCount(), 0, Patience);
        const double finished = loop->finished();
        QTRY_COMPARE_WITH_TIMEOUT(monitor.pool()->throughput().last(), 0.0, Patience); // a second has passed
        QCOMPARE(loop->finished(), finished);

        QTest::keyClick(&window, Qt::Key_F5);
        QVERIFY(loop->isRunning());
        QTest::keyClick(&window, Qt::Key_F5);
        QVERIFY(!loop->isRunning());
        QTest::keyClick(&window, Qt::Key_D, Qt::ControlModifier);
        QVERIFY(monitor.isDark());
        QQuickItem *const light = itemWith(window.rootObject(), "text", "Light theme");
        QVERIFY(light);
        click(&window, light);
        QVERIFY(!monitor.isDark());
        QVERIFY(Test::endsByCtrlQ(&window));
    }

    void serverDiesAndComesBack()
    {
        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        Monitor monitor(address());
        Window window(&monitor);
        show(&window, {400, 700});
        QTRY_VERIFY_WITH_TIMEOUT(monitor.isConnected(), Patience);
        CallLoop *const loop = monitor.loop();
        type(&window, "sleep");
        QTest::keyClick(&window, Qt::Key_Tab);
        type(&window, "5");
        QTest::keyClick(&window, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(loop->finished() > 20, Patience);

        QCOMPARE(m_server->terminate(), 0);
        QTRY_VERIFY_WITH_TIMEOUT(!monitor.isConnected(), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(monitor.stateText().startsWith("Trying again: "), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(itemWith(window.rootObject(), "text", monitor.stateText()), Patience);
        QVERIFY(loop->isRunning()); // it waits
        QTRY_VERIFY_WITH_TIMEOUT(monitor.pool()->waiting() > 0, Patience);

        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        QTRY_VERIFY_WITH_TIMEOUT(monitor.isConnected(), Patience);
        const double finished = loop->finished();
        QTRY_VERIFY_WITH_TIMEOUT(loop->finished() > finished + 20, Patience);

        // What waits when the loop is stopped without a server is not done when that is there.
        m_server->sendSignal(SIGKILL);
        QCOMPARE(m_server->waitForEnd(), -1);
        QTRY_VERIFY_WITH_TIMEOUT(!monitor.isConnected() && monitor.pool()->waiting() == 4, Patience);
        QTest::keyClick(&window, Qt::Key_F5);
        QVERIFY(!loop->isRunning());
        QTRY_COMPARE_WITH_TIMEOUT(monitor.pool()->waiting(), 0, Patience);
    }

    // The window says what is wrong and what helps, and goes on trying.
    void serverThatIsNoneIsNamed_data()
    {
        QTest::addColumn<QByteArray>("greeting");
        QTest::addColumn<QString>("text");
        const QString none = "Trying again: the other side does not speak the native protocol. ";
        QTest::newRow("hangs up") << QByteArray()
                                  << "Trying again: it hung up before it said hello: it may not speak the native "
                                     "protocol, or not allow this user. ";
        QTest::newRow("talks HTTP") << QByteArray("HTTP/1.1 400 Bad Request\r\n\r\n") << none;
        QTest::newRow("rubbish") << QByteArray(5000, '\xff') << none;
    }
    void serverThatIsNoneIsNamed()
    {
        QFETCH(const QByteArray, greeting);
        QFETCH(const QString, text);
        QLocalServer server;
        QVERIFY(server.listen(m_directory->filePath("socket")));
        int connections = 0;
        connect(&server, &QLocalServer::newConnection, this, [&] {
            ++connections;
            QLocalSocket *const socket = server.nextPendingConnection();
            socket->write(greeting);
            socket->disconnectFromServer();
        });
        Monitor monitor(address(), Protocol::Native);
        Window window(&monitor);
        show(&window, {900, 700});
        monitor.loop()->setMethod("echo");
        monitor.loop()->start();
        const QString cure = "Check the address; a server that speaks only JSON needs --protocol json.";
        QTRY_COMPARE_WITH_TIMEOUT(monitor.stateText(), text + cure, Patience);
        QTRY_VERIFY_WITH_TIMEOUT(itemWith(window.rootObject(), "text", text + cure), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(connections > 2, Patience);
        server.close();

        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        QTRY_COMPARE_WITH_TIMEOUT(monitor.stateText(), "Connected", Patience);
    }

    void jsonIsSpokenIfAsked()
    {
        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        Monitor monitor(address(), Protocol::Json);
        monitor.loop()->setMethod("args");
        monitor.loop()->setArguments("1 [2] three");
        monitor.loop()->start();
        QTRY_VERIFY_WITH_TIMEOUT(monitor.loop()->finished() > 20, Patience);
        QCOMPARE(monitor.loop()->lastResult(), "[1,[2],\"three\"]");
        QCOMPARE(monitor.pool()->workers()->rowCount(), 4);
    }

    void deathsAreShown()
    {
        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        Monitor monitor(address());
        Window window(&monitor);
        show(&window, {1280, 800});
        CallLoop *const loop = monitor.loop();
        type(&window, "crash");
        click(&window, itemWith(window.rootObject(), "text", "Start"));
        QTRY_VERIFY_WITH_TIMEOUT(monitor.pool()->deathCount() > 3, Patience);
        QVERIFY(loop->isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(loop->failed() > 3 && loop->lastError().contains("SIGSEGV"), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(itemWith(window.rootObject(), "reason", "killed by SIGSEGV"), Patience);
        QTRY_VERIFY_WITH_TIMEOUT(itemWith(window.rootObject(), "text", "last death: SIGSEGV"), Patience);
        loop->stop();
    }

    void whatCannotSucceedIsNotCalledForEver_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("arguments");
        QTest::addColumn<QString>("problem");
        QTest::newRow("method") << "nothing" << "" << "nothing";
        QTest::newRow("arguments") << "sleep" << "long" << "sleep";
    }
    void whatCannotSucceedIsNotCalledForEver()
    {
        QFETCH(const QString, method);
        QFETCH(const QString, arguments);
        QFETCH(const QString, problem);
        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        Monitor monitor(address());
        monitor.loop()->setMethod(method);
        monitor.loop()->setArguments(arguments);
        monitor.loop()->start();
        QVERIFY(monitor.loop()->isRunning());
        QTRY_VERIFY_WITH_TIMEOUT(!monitor.loop()->isRunning(), Patience);
        QVERIFY2(monitor.loop()->problem().contains(problem), qPrintable(monitor.loop()->problem()));
    }

    void windowIsUsableAtEverySize_data() { Test::addWindowSizes(); }
    // Nothing that one uses is outside of the window, and nothing lies on another.
    void windowIsUsableAtEverySize()
    {
        QFETCH(const QSize, size);
        Monitor monitor("unix:" + m_directory->filePath("nobody"));
        Window window(&monitor);
        show(&window, size);
        QList<QRect> places;
        for (QQuickItem *const item :
             {itemWith(window.rootObject(), "text", "Dark theme"), fieldWith(window.rootObject(), "Method"),
              fieldWith(window.rootObject(), "Arguments"), itemWith(window.rootObject(), "name", "Calls at a time"),
              itemWith(window.rootObject(), "text", "Start")}) {
            QVERIFY(item);
            const QRect place = Test::placeOf(item);
            QVERIFY(QRect(QPoint(), size).contains(place));
            for (const QRect &other : std::as_const(places))
                QVERIFY(!place.intersects(other));
            places.append(place);
        }
    }

    void commandLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("error");
        QTest::newRow("address") << QStringList{"unix:/a"} << "";
        QTest::newRow("all")
            << QStringList{"tcp://localhost:1", "--call", "echo",    "--args", "[1]",    "--at-a-time", "7",
                           "--screenshot",      "f.png",  "--after", "2.5",    "--size", "400x700",     "--dark"}
            << "";
        QTest::newRow("none") << QStringList() << "The address of the server is missing. Give it as unix:";
        QTest::newRow("two") << QStringList{"unix:/a", "unix:/b"} << "One address, not 2: 'unix:/b' is too much.";
        QTest::newRow("bad") << QStringList{"gopher://x"} << "";
        QTest::newRow("unknown") << QStringList{"--light"} << "Unknown option 'light'.";
        QTest::newRow("many") << QStringList{"unix:/a", "--call", "echo", "--at-a-time", "33"}
                              << "--at-a-time takes a number, 1 to 32, not '33'.";
        QTest::newRow("no number") << QStringList{"unix:/a", "--call", "echo", "--at-a-time", "few"}
                                   << "--at-a-time takes a number, 1 to 32, not 'few'.";
        QTest::newRow("for nothing") << QStringList{"unix:/a", "--args", "[1]"}
                                     << "--args is for a method: add --call METHOD.";
        QTest::newRow("no method") << QStringList{"unix:/a", "--call", ""} << "--call takes the name of a method.";
        QTest::newRow("no JSON") << QStringList{"unix:/a", "--call", "echo", "--args", "[1"} << "This has no end: [1";
        QTest::newRow("no protocol") << QStringList{"unix:/a", "--protocol", "http"}
                                     << "--protocol takes native or json, not 'http'.";
        QTest::newRow("small") << QStringList{"unix:/a", "--size", "100x700"}
                               << "--size takes WIDTHxHEIGHT, at least 320x320, not '100x700'.";
    }
    void commandLine()
    {
        QFETCH(const QStringList, arguments);
        QFETCH(const QString, error);
        const CommandLine line = CommandLine::parse(QStringList("prefork-monitor") + arguments);
        const bool isBad = !error.isEmpty() || arguments.value(0).startsWith("gopher");
        QCOMPARE(!line.error.isEmpty(), isBad);
        QVERIFY2(error.isEmpty() || line.error.startsWith(error), qPrintable(line.error));
        if (arguments.size() > 10) {
            QCOMPARE(line.address, Address("tcp://localhost:1"));
            QCOMPARE(line.method, "echo");
            QCOMPARE(line.arguments, "[1]");
            QCOMPARE(line.atATime, 7);
            QCOMPARE(line.window.size, QSize(400, 700));
            QVERIFY(line.window.dark && line.window.after == 2.5 && line.window.screenshot == "f.png");
        }
    }

    void programSavesAPicture()
    {
        QVERIFY2(startServer(), qPrintable(m_server->errorString()));
        const QString file = m_directory->filePath("window.png");
        const Test::Ended run = Test::runProgram(PREFORK_MONITOR,
                                                 {address(), "--call", "echo", "--args", "[1]", "--screenshot", file,
                                                  "--after", "1", "--size", "500x600", "--dark"});
        QCOMPARE(run.exitCode, 0);
        QCOMPARE(QImage(file).size(), QSize(500, 600));
    }

    void programSaysWhatItCannotDo()
    {
        const Test::Ended help = Test::runProgram(PREFORK_MONITOR, {"--help"});
        QCOMPARE(help.exitCode, 0);
        QVERIFY(help.output.startsWith("Usage: prefork-monitor [OPTION...] ADDRESS\n"));
        const Test::Ended version = Test::runProgram(PREFORK_MONITOR, {"--version"});
        QCOMPARE(version.exitCode, 0);
        QVERIFY(QRegularExpression("^prefork-monitor \\d+\\.\\d+\\.\\d+\n$").match(version.output).hasMatch());
        const Test::Ended none = Test::runProgram(PREFORK_MONITOR, {});
        QCOMPARE(none.exitCode, 2);
        QCOMPARE(none.errors,
                 "prefork-monitor: The address of the server is missing. Give it as unix:/path/to.socket or "
                 "tcp://host:port.\nTry 'prefork-monitor --help'.\n");
        const Test::Ended bad = Test::runProgram(PREFORK_MONITOR, {"gopher://x"});
        QCOMPARE(bad.exitCode, 2);
        QVERIFY2(bad.errors.contains("gopher") && bad.errors.contains("unix:/path/to.socket"), qPrintable(bad.errors));
    }

    // Ctrl-C ends it, whatever it waits for.
    void interruptEndsIt()
    {
        QLocalServer silent;
        QVERIFY(silent.listen(m_directory->filePath("socket")));
        QProcess monitor;
        monitor.start(PREFORK_MONITOR, {address(), "--call", "pid"});
        QTRY_VERIFY_WITH_TIMEOUT(silent.hasPendingConnections(), Patience); // so its event loop runs
        ::kill(pid_t(monitor.processId()), SIGINT);
        QVERIFY(monitor.waitForFinished(Patience));
        QCOMPARE(monitor.exitStatus(), QProcess::NormalExit);
        QCOMPARE(monitor.exitCode(), 0);
    }

private:
    [[nodiscard]] QString address() const { return "unix:" + m_directory->filePath("socket"); }
    [[nodiscard]] bool startServer() { return m_server->start(ECHO_SERVER, {"--listen", address()}); }
    static void show(Window *window, QSize size)
    {
        window->resize(size);
        window->show();
        QVERIFY(QTest::qWaitForWindowExposed(window, Patience));
        window->requestActivate();
        QCOMPARE(window->status(), QQuickView::Ready);
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    std::unique_ptr<Test::ServerProcess> m_server;
};

QTEST_MAIN(MonitorTest)

#include "tst_monitor.moc"
