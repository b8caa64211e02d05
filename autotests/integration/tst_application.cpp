// SPDX-License-Identifier: MIT
// Workers with an application object of their own.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/zygotelog.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QProcess>
#include <QtCore/QThread>
#include <QtGui/QGuiApplication>
#include <QtGui/QPixmap>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

using Arguments = const QVariantList &;

const Test::ZygoteLog s_log;
int s_delivered = 0; // in each worker its own
int s_attempts = 0;

void post(std::function<void()> function)
{
    QMetaObject::invokeMethod(QCoreApplication::instance(), std::move(function), Qt::QueuedConnection);
}

void postForEver()
{
    ++s_delivered;
    post(postForEver);
}

QVariant nothing()
{
    return {};
}

struct CountsItsEnd : QObject
{
    ~CountsItsEnd() override { ++s_delivered; }
};

void describe(Interface &interface)
{
    Test::addBasics(interface);
    interface.preload([] { Test::ZygoteLog::begin(); });
    interface.add("application", [](Arguments) {
        return QCoreApplication::instance()
            ? QVariant(QString::fromLatin1(QCoreApplication::instance()->metaObject()->className()))
            : QVariant(QStringLiteral("none"));
    });
}

}

// Exposed to clients: it sends a signal to itself that is delivered later.
class Letters : public QObject
{
    Q_OBJECT

public:
    Letters()
        : m_wasThereAtStart(QCoreApplication::instance())
    {
        connect(this, &Letters::sent, this, [this] { ++m_received; }, Qt::QueuedConnection);
    }
    Q_INVOKABLE bool hadApplication() const { return m_wasThereAtStart; }
    Q_INVOKABLE int send()
    {
        Q_EMIT sent();
        return m_received;
    }
    Q_INVOKABLE int received() const { return m_received; }

Q_SIGNALS:
    void sent();

private:
    const bool m_wasThereAtStart;
    int m_received = 0;
};

namespace {

void fillCore(Interface &interface)
{
    describe(interface);
    interface.setApplication<QCoreApplication>();
    static bool wasThereInSetup = false;
    interface.setup([] { wasThereInSetup = QCoreApplication::instance() != nullptr; });
    interface.checkoutDone([] { post([] { s_delivered += 100; }); });
    interface.expose<Letters>();
    interface.add("inSetup", [](Arguments) { return QVariant(wasThereInSetup); });
    interface.add("names", [](Arguments) {
        return QVariant(QCoreApplication::arguments() << QCoreApplication::applicationName());
    });
    interface.add("delivered", [](Arguments) { return QVariant(s_delivered); });
    interface.add("post", [](Arguments) { return post([] { ++s_delivered; }), QVariant(s_delivered); });
    interface.add("postAndFail", [](Arguments) -> QVariant {
        post([] { ++s_delivered; });
        throw Error(QStringLiteral("no luck"));
    });
    interface.add("postAChain", [](Arguments) {
        post([] { post([] { (new CountsItsEnd)->deleteLater(); }); });
        return nothing();
    });
    interface.add("postForEver", [](Arguments) { return postForEver(), nothing(); });
    interface.add("deleteLater", [](Arguments) { return (new CountsItsEnd)->deleteLater(), QVariant(s_delivered); });
    interface.add("passLater", [](Arguments arguments) {
        post([path = arguments.value(0).toString()] { Test::Gate::pass(path); });
        return nothing();
    });
    interface.add("throwLater",
                  [](Arguments) { return post([] { throw std::runtime_error("spilt milk"); }), nothing(); });
    interface.add("loop", [](Arguments) {
        QEventLoop loop;
        QTimer::singleShot(1, &loop, [&loop] { loop.exit(7); });
        return QVariant(loop.exec());
    });
    interface.add("process", [](Arguments) {
        QProcess process;
        process.start(QStringLiteral("sh"), {QStringLiteral("-c"), QStringLiteral("echo $QT_QPA_PLATFORM ready")});
        return QVariant(process.waitForFinished() ? QString::fromUtf8(process.readAll()).trimmed()
                                                  : process.errorString());
    });
}

void fillGui(Interface &interface)
{
    describe(interface);
    interface.setApplication<QGuiApplication>();
    interface.add("platform", [](Arguments) { return QVariant(QGuiApplication::platformName()); });
    interface.add("variable", [](Arguments) {
        return QVariant(qEnvironmentVariable("QT_QPA_PLATFORM", QStringLiteral("not set")));
    });
    interface.add("pixmap", [](Arguments) { return QVariant(QPixmap(3, 4).height()); });
}

// Qt takes an empty variable for one that is not set.
void fillGuiWithEmptyVariable(Interface &interface)
{
    fillGui(interface);
    interface.preload([] { qputenv("QT_QPA_PLATFORM", ""); });
}

// The first attempt throws, the second makes nothing.
void fillReluctant(Interface &interface)
{
    describe(interface);
    interface.setApplication([](int &argc, char **argv) -> QCoreApplication * {
        ++s_attempts;
        if (s_attempts == 1)
            throw std::runtime_error("not today");
        return s_attempts == 2 ? nullptr : new QCoreApplication(argc, argv);
    });
}

// A second one would be too much.
void fillTwofold(Interface &interface)
{
    describe(interface);
    interface.setApplication([](int &argc, char **argv) -> QCoreApplication * {
        new QCoreApplication(argc, argv);
        throw Error(QStringLiteral("made, and then"));
    });
}

void fillHanging(Interface &interface)
{
    describe(interface);
    interface.setApplication<QCoreApplication>();
    interface.add("hangLater", [](Arguments) { return post([] { ::pause(); }), nothing(); });
}

QList<Zygote *> s_zygotes;

/// An interface with a zygote of its own.
struct Kind
{
    Q_DISABLE_COPY_MOVE(Kind)

    explicit Kind(void (*fill)(Interface &), std::chrono::milliseconds hungTimeout = std::chrono::seconds(20))
    {
        fill(interface);
        zygote = std::make_unique<Zygote>(interface, ZygoteOptions{.hungTimeout = hungTimeout});
        s_zygotes.append(zygote.get());
    }
    Interface interface;
    std::unique_ptr<Zygote> zygote;
};

struct Kinds
{
    Kind plain{describe};
    Kind core{fillCore};
    Kind gui{fillGui};
    Kind guiWithEmptyVariable{fillGuiWithEmptyVariable};
    Kind reluctant{fillReluctant};
    Kind twofold{fillTwofold};
    Kind hanging{fillHanging, std::chrono::seconds(2)};
};

Kinds *s_kinds = nullptr;

// All calls have the same worker, errors or not.
ClientOptions oneWorker()
{
    return {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true};
}

}

class ApplicationTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aWorkerHasNoneUnlessAskedFor()
    {
        Client client(s_kinds->plain.zygote.get());
        QCOMPARE(answer(client.checkout(), "application").toString(), QStringLiteral("none"));
    }
    void itIsThereFromSetupOn()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        QCOMPARE(answer(checkout, "application").toString(), QStringLiteral("QCoreApplication"));
        QCOMPARE(answer(checkout, "inSetup").toBool(), true);
        QCOMPARE(answer(checkout, "hadApplication").toBool(), true);
        const QString name = QCoreApplication::applicationName();
        QCOMPARE(answer(checkout, "names").toStringList(), QStringList({name, name}));
    }
    void whatAMethodPostsIsDeliveredBeforeTheNext_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::newRow("an event") << QByteArray("post");
        QTest::newRow("a deletion") << QByteArray("deleteLater");
    }
    void whatAMethodPostsIsDeliveredBeforeTheNext()
    {
        QFETCH(QByteArray, method);
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        QCOMPARE(answer(checkout, method.constData()).toInt(), 0);
        QCOMPARE(answer(checkout, "delivered").toInt(), 1);
        Test::Journal journal; // and for calls that are on their way together
        for (int i = 0; i < 20; ++i)
            journal.call(checkout, QString::number(i), method.constData());
        WAIT_COMPARE(journal.size(), 20);
        for (int i = 0; i < 20; ++i)
            QCOMPARE(journal.entries().at(i), QStringLiteral("%1=%2").arg(i).arg(i + 1));
    }
    void whatIsPostedBeforeAnErrorIsDelivered()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        QCOMPARE(failure(client.checkout(), "postAndFail").message(), QStringLiteral("no luck"));
        QCOMPARE(answer(client.checkout(), "delivered").toInt() % 100, 1);
    }
    void whatCheckoutDonePostsIsDelivered()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        auto checkout = client.checkout();
        answer(checkout, "pid");
        checkout->release();
        QCOMPARE(answer(client.checkout(), "delivered").toInt(), 100);
    }
    void whatHandlersPostIsDeliveredToo()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        answer(checkout, "postAChain");
        QCOMPARE(answer(checkout, "delivered").toInt(), 1);
    }
    void row93_aChainOfEventsWithoutEnd()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        answer(checkout, "postForEver");
        const int first = answer(checkout, "delivered").toInt();
        QVERIFY(first > 1);
        QCOMPARE(answer(checkout, "delivered").toInt(),
                 2 * first - 1); // as many again; the first of all ran in the method
    }
    void anExposedObjectHearsItself()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        QCOMPARE(answer(checkout, "send").toInt(), 0);
        QCOMPARE(answer(checkout, "send").toInt(), 1);
        QCOMPARE(answer(checkout, "received").toInt(), 2);
    }
    void theReplyComesBeforeTheDelivery()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        Test::Gate gate;
        const auto checkout = client.checkout();
        QVERIFY(Test::call(checkout, "passLater", {gate.path()}).result);
        WAIT_FOR(gate.isReached());
        gate.open();
        QCOMPARE(answer(checkout, "echo", {5}).toInt(), 5);
    }
    void row93_aHandlerThatThrows()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        QVERIFY(Test::call(checkout, "throwLater").result);
        QVERIFY(Test::waitForEnd(pid, int(Test::Patience.count())));
        WAIT_FOR(!Test::ZygoteLog::linesWith(
                      QStringLiteral("(pid %1) ends: the handler of a posted event failed: spilt milk").arg(pid))
                      .isEmpty());
        Client next(s_kinds->core.zygote.get(), oneWorker());
        QCOMPARE(answer(next.checkout(), "echo", {5}).toInt(), 5);
    }
    void row93_aHandlerThatHangs()
    {
        Client client(s_kinds->hanging.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        QVERIFY(Test::call(checkout, "hangLater").result);
        QVERIFY(Test::waitForEnd(pid, int(Test::Patience.count())));
    }
    void loopsAndProcessesWorkInMethods()
    {
        Client client(s_kinds->core.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        QCOMPARE(answer(checkout, "loop").toInt(), 7);
        QCOMPARE(answer(checkout, "process").toString(), QStringLiteral("ready"));
    }
    void aGuiApplicationNeedsNoDisplay()
    {
        Client client(s_kinds->gui.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        QCOMPARE(answer(checkout, "application").toString(), QStringLiteral("QGuiApplication"));
        QCOMPARE(answer(checkout, "platform").toString(), QStringLiteral("offscreen"));
        QCOMPARE(answer(checkout, "variable").toString(), QStringLiteral("not set"));
        QCOMPARE(answer(checkout, "pixmap").toInt(), 4);
    }
    void anEmptyPlatformIsNone()
    {
        Client client(s_kinds->guiWithEmptyVariable.zygote.get(), oneWorker());
        const auto checkout = client.checkout();
        QCOMPARE(answer(checkout, "platform").toString(), QStringLiteral("offscreen"));
        QCOMPARE(answer(checkout, "variable").toString(), QString());
    }
    void row94_aFactoryThatFails()
    {
        Client client(s_kinds->reluctant.zygote.get(), oneWorker());
        Error error = failure(client.checkout(), "application");
        QCOMPARE(error.message(), QStringLiteral("setup exception: not today"));
        QCOMPARE(error.code(), Error::SetupError);
        error = failure(client.checkout(), "application");
        QCOMPARE(error.message(),
                 QStringLiteral("setup exception: setApplication: the factory has made no QCoreApplication"));
        QCOMPARE(answer(client.checkout(), "application").toString(), QStringLiteral("QCoreApplication"));
    }
    void row94_thereIsNeverASecond()
    {
        Client client(s_kinds->twofold.zygote.get(), oneWorker());
        QCOMPARE(failure(client.checkout(), "application").message(),
                 QStringLiteral("setup exception: made, and then"));
        QCOMPARE(failure(client.checkout(), "application").message(),
                 QStringLiteral("setup exception: setApplication: this worker has a QCoreApplication already"));
    }
    void aServersWorkersHaveItToo()
    {
        QTemporaryDir directory;
        Server server(s_kinds->core.zygote.get());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        Client client(server.address(), oneWorker());
        const auto checkout = client.checkout();
        answer(checkout, "post");
        QCOMPARE(answer(checkout, "delivered").toInt(), 1);
    }
};

int main(int argc, char *argv[])
{
    qunsetenv("QT_QPA_PLATFORM");
    qunsetenv("DISPLAY");
    qunsetenv("WAYLAND_DISPLAY");
    Kinds kinds;
    s_kinds = &kinds;
    for (const Zygote *zygote : s_zygotes) {
        if (!zygote->isValid())
            qFatal("no zygote: %s", qPrintable(zygote->errorString()));
    }
    QCoreApplication app(argc, argv);
    ApplicationTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const Zygote *zygote : s_zygotes)
        Test::killWorkersOf(zygote->processId());
    return result;
}

#include "tst_application.moc"
