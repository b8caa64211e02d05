// SPDX-License-Identifier: MIT
// `image://prefork` as Qt's threads use it that load images, without Qt Quick around it: many threads that ask, cancel
// and go away, while the Client is there, goes, or comes.
#include "methods.h"

#include "helpers/embedded.h"

#include <QtCore/QPointer>
#include <QtCore/QThread>
#include <QtCore/QTimer>
#include <QtQml/QQmlComponent>
#include <QtQml/QQmlEngine>
#include <QtQuick/QQuickImageProvider>

#include <algorithm>
#include <atomic>
#include <vector>

namespace {

constexpr int Threads = 4;
constexpr int Images = 50; // of each thread

const char Page[] = R"(import Prefork
Client { images: true; maxWorkers: 2 }
)";

/// An engine with a Client that serves images; a program may have the provider without the Client.
class Served
{
public:
    Served() { restart(); }

    void restart()
    {
        QQmlComponent component(&m_engine);
        component.setData(Page, QUrl("file:///page.qml"));
        m_client.reset(component.create());
        if (!m_client)
            qFatal("%s", qPrintable(component.errorString()));
    }
    void stop() { m_client.reset(); }
    [[nodiscard]] QQuickAsyncImageProvider *provider() const
    {
        return dynamic_cast<QQuickAsyncImageProvider *>(m_engine.imageProvider("prefork"));
    }

private:
    QQmlEngine m_engine;
    std::unique_ptr<QObject> m_client;
};

/// What has become of the images of all threads.
struct Count
{
    std::atomic_int shown = 0;
    std::atomic_int failed = 0;
    std::atomic_int alive = 0;
    std::atomic_int finishedTwice = 0;
};

/// What a thread does with each image, after Qt's own: it deletes a response once that has finished, however that came.
enum Habit { Patient, CancelsAtOnce, CancelsLater, CancelsAllOfOneTurn };

/// Asks for images in a thread of its own, whose event loop ends when all responses have finished.
class Loader : public QThread
{
public:
    Loader(QQuickAsyncImageProvider *provider, Habit habit, const QString &id, Count *count)
        : m_provider(provider)
        , m_habit(habit)
        , m_id(id)
        , m_count(count)
    {
    }

private:
    void run() override
    {
        QObject context;
        QList<QPointer<QQuickImageResponse>> responses;
        int unfinished = Images;
        for (int i = 0; i < Images; ++i) {
            QQuickImageResponse *const response = m_provider->requestImageResponse(m_id, QSize(4, 4));
            responses.append(response);
            ++m_count->alive;
            QObject::connect(response, &QObject::destroyed, &context, [this] { --m_count->alive; });
            const auto take = [&, this, response, times = 0]() mutable {
                if (++times > 1) {
                    ++m_count->finishedTwice;
                    return;
                }
                ++(response->errorString().isEmpty() ? m_count->shown : m_count->failed);
                response->deleteLater();
                if (--unfinished == 0)
                    quit();
            };
            QObject::connect(response, &QQuickImageResponse::finished, &context, take);
            if (m_habit == CancelsAtOnce)
                response->cancel();
            if (m_habit == CancelsLater && i % 2)
                QTimer::singleShot(i % 7, response, &QQuickImageResponse::cancel);
        }
        if (m_habit == CancelsAllOfOneTurn) {
            for (const QPointer<QQuickImageResponse> &response : responses)
                response->cancel();
        }
        exec();
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }

    QQuickAsyncImageProvider *const m_provider;
    const Habit m_habit;
    const QString m_id;
    Count *const m_count;
};

}

Q_DECLARE_METATYPE(Habit)

class ImageThreadsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void eachResponseFinishesOnce_data()
    {
        QTest::addColumn<Habit>("habit");
        QTest::newRow("all are wanted") << Patient;
        QTest::newRow("canceled at once") << CancelsAtOnce;
        QTest::newRow("half of them are canceled while they are made") << CancelsLater;
        QTest::newRow("all are canceled in the turn in which they were asked for") << CancelsAllOfOneTurn;
    }
    void eachResponseFinishesOnce()
    {
        QFETCH(const Habit, habit);
        const Served served;
        Count count;
        const bool haveEnded = load(served.provider(), habit, "paint/red", &count, [] { });
        QVERIFY(haveEnded);
        QCOMPARE(count.shown + count.failed, Threads * Images);
        if (habit == Patient)
            QCOMPARE(count.shown, Threads * Images);
    }

    // The Client goes while some images have come, some are made, and some are still to be asked for.
    void clientGoes_data()
    {
        QTest::addColumn<int>("after");
        QTest::newRow("before any image is asked for") << -1;
        QTest::newRow("at once") << 0;
        QTest::newRow("after some images") << 30;
        QTest::newRow("after most images") << Threads * Images - 5;
        QTest::newRow("when all have finished") << Threads * Images;
    }
    void clientGoes()
    {
        QFETCH(const int, after);
        Served served;
        QQuickAsyncImageProvider *const provider = served.provider();
        if (after < 0)
            served.stop();
        Count count;
        const bool haveEnded = load(provider, CancelsLater, "slowPaint/x", &count, [&] {
            if (count.shown + count.failed >= after)
                served.stop();
        });
        QVERIFY(haveEnded);
        if (after < 0)
            QCOMPARE(count.failed, Threads * Images);
    }

    // Another Client comes and goes all the time.
    void clientsComeAndGo()
    {
        Served served;
        Count count;
        int turns = 0;
        const bool haveEnded = load(served.provider(), CancelsLater, "paint/blue", &count, [&] {
            if (++turns % 2)
                served.stop();
            else
                served.restart();
        });
        QVERIFY(haveEnded);
        QVERIFY(turns > 0);
    }

private:
    /// Lets all threads load, and calls @p meanwhile again and again until they have ended. True if each response has
    /// finished exactly once and is gone.
    template <class F>
    [[nodiscard]] static bool load(QQuickAsyncImageProvider *provider, Habit habit, const QString &id, Count *count,
                                   F meanwhile)
    {
        std::vector<std::unique_ptr<Loader>> loaders;
        std::generate_n(std::back_inserter(loaders), Threads,
                        [&] { return std::make_unique<Loader>(provider, habit, id, count); });
        for (const auto &loader : loaders)
            loader->start();
        const auto isRunning = [](const auto &loader) { return !loader->isFinished(); };
        const bool haveEnded = QTest::qWaitFor(
            [&] {
                meanwhile();
                return std::none_of(loaders.begin(), loaders.end(), isRunning);
            },
            120'000);
        if (!haveEnded)
            qFatal("responses have not finished: %d are alive", count->alive.load());
        if (count->alive != 0 || count->finishedTwice != 0)
            qWarning("%d are alive, %d have finished twice", count->alive.load(), count->finishedTwice.load());
        return count->alive == 0 && count->finishedTwice == 0 && count->shown + count->failed == Threads * Images;
    }
};

PREFORK_TEST_MAIN(ImageThreadsTest, Test::fillInterface)
#include "tst_imagethreads.moc"
