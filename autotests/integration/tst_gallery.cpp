// SPDX-License-Identifier: MIT
// The gallery: its samples, its album with real workers that die, its window with real keys and clicks, and the
// program.
#include "helpers/serverprocess.h"
#include "helpers/windows.h"

#include "commandline.h"
#include "naturalorder.h"
#include "window.h"

#include <QtPrefork/TestMain>
#include <QtPrefork/WaitFor>

#include <QtCore/QDir>
#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>

#include <csignal>
#include <set>

using namespace Prefork;
using namespace std::chrono_literals;
using Samples::Kind;
using Test::itemWith;

namespace {

// For what takes moments, and on a busy machine longer.
constexpr int Patience = 60'000;
constexpr int LongTime = 50; // in seconds, for a worker

// A folder of pictures that decode in no time.
class Pictures
{
public:
    explicit Pictures(int count)
    {
        QImage picture(48, 36, QImage::Format_RGB32);
        picture.fill(Qt::darkCyan);
        for (int i = 0; i < count; ++i)
            picture.save(m_folder.filePath(QStringLiteral("picture-%1.png").arg(i + 1)));
    }
    [[nodiscard]] QString path() const { return m_folder.path(); }
    [[nodiscard]] QString add(Kind kind) const
    {
        int number = 0;
        while (Samples::kindOf(number) != kind)
            ++number;
        return Samples::make(path(), number);
    }

private:
    QTemporaryDir m_folder;
};

int unsettled(Gallery &gallery)
{
    return gallery.album()->waiting() + gallery.album()->decoding();
}

QVariant at(Album *album, int row, int role)
{
    return album->index(row).data(role);
}

bool areThere(Gallery &gallery, int count)
{
    return QTest::qWaitFor([&] { return gallery.album()->rowCount() == count; }, Patience);
}

// The counts are told a little later than they are true, so all that is asked here is the model.
bool settles(Gallery &gallery)
{
    return QTest::qWaitFor([&] { return gallery.album()->rowCount() > 0 && unsettled(gallery) == 0; }, Patience);
}

}

class GalleryTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QTest::failOnWarning(QRegularExpression("qml"));
        m_gallery = std::make_unique<Gallery>(Zygote::find());
        m_gallery->setThumbnailSeconds(LongTime);
        m_gallery->setPictureSeconds(LongTime);
    }
    void cleanup() { m_gallery.reset(); }

    void samplesAreAlikeEachTimeAndOfAllKinds()
    {
        QTemporaryDir one;
        QTemporaryDir other;
        std::set<Kind> seen;
        std::set<QString> names;
        for (int number = 0; number < Samples::Count; ++number) {
            names.insert(Samples::fileName(number));
            if (!seen.insert(Samples::kindOf(number)).second)
                continue;
            QFile first(Samples::make(one.path(), number));
            QFile second(Samples::make(other.path(), number));
            QVERIFY(first.open(QFile::ReadOnly) && second.open(QFile::ReadOnly));
            QCOMPARE(first.size(), second.size());
            QVERIFY(first.readAll() == second.readAll());
        }
        QCOMPARE(seen.size(), 9U);
        QCOMPARE(names.size(), size_t(Samples::Count));
    }

    void everySampleIsShownOrHasAReason_data()
    {
        QTest::addColumn<Kind>("kind");
        QTest::addColumn<QString>("reason");
        QTest::newRow("photo") << Kind::Photo << "";
        QTest::newRow("panorama") << Kind::Panorama << "";
        QTest::newRow("icon") << Kind::Icon << "";
        QTest::newRow("16 bits") << Kind::Deep << "";
        QTest::newRow("animation") << Kind::Animation << "";
        QTest::newRow("cut short") << Kind::CutShort << "Damaged or cut short";
        QTest::newRow("bomb") << Kind::Bomb
                              << "16000 × 16000 pixels would take 976.6 MiB of memory, more than a worker may use";
        QTest::newRow("absurd") << Kind::Absurd << "*";
        QTest::newRow("no picture") << Kind::NoPicture << "Not a picture, whatever its name says";
    }
    void everySampleIsShownOrHasAReason()
    {
        QFETCH(Kind, kind);
        QFETCH(QString, reason);
        const Pictures pictures(0);
        m_gallery->album()->append({pictures.add(kind)});
        QVERIFY(settles(*m_gallery));
        m_gallery->viewer()->show(0);
        QTRY_VERIFY_WITH_TIMEOUT(m_gallery->viewer()->status() > Album::Decoding, Patience);
        const QString said = at(m_gallery->album(), 0, Album::ReasonRole).toString();
        QCOMPARE(m_gallery->viewer()->reason(), said);
        if (reason == "*")
            QVERIFY(!said.isEmpty());
        else
            QCOMPARE(said, reason);
        const Album::State expected = reason.isEmpty() ? Album::Shown : Album::Failed;
        QCOMPARE(m_gallery->album()->stateAt(0), expected);
        QCOMPARE(m_gallery->viewer()->status(), expected);
        QCOMPARE(at(m_gallery->album(), 0, Album::ThumbnailRole).toString().isEmpty(), expected == Album::Failed);
        QCOMPARE(m_gallery->viewer()->image().isNull(), expected == Album::Failed);
    }

    void filesThatCannotBeReadSayWhy()
    {
        const Pictures pictures(0);
        QFile empty(pictures.path() + "/empty.png");
        QVERIFY(empty.open(QFile::WriteOnly));
        m_gallery->album()->append({pictures.path() + "/gone.png", empty.fileName(), pictures.path()});
        QVERIFY(settles(*m_gallery));
        QVERIFY(at(m_gallery->album(), 0, Album::ReasonRole).toString().startsWith("Cannot be opened: No such file"));
        QCOMPARE(at(m_gallery->album(), 1, Album::ReasonRole).toString(), "The file is empty");
        QCOMPARE(m_gallery->album()->failed(), 3);
    }

    void thumbnailsFillTheirTileOrKeepTheirShape()
    {
        const Pictures pictures(0);
        m_gallery->setTile(160, 120, 6, 2);
        m_gallery->album()->append({pictures.add(Kind::Photo), pictures.add(Kind::Panorama), pictures.add(Kind::Icon)});
        QVERIFY(settles(*m_gallery));
        QCOMPARE(m_gallery->cache().find(0).size(), QSize(320, 240));
        QCOMPARE(m_gallery->cache().find(0).pixelColor(0, 0).alpha(), 0); // a round corner
        QCOMPARE(m_gallery->cache().find(1).size(), QSize(320, 53));
        QCOMPARE(m_gallery->cache().find(2).size().width(), m_gallery->cache().find(2).size().height());
    }

    void namesAreInTheOrderThatPeopleExpect()
    {
        QStringList names{"page 10", "page 9", "page 09", "Page 1", "page", "10", "9b", "9a"};
        std::sort(names.begin(), names.end(), isBeforeNaturally);
        QCOMPARE(names, QStringList({"9a", "9b", "10", "page", "Page 1", "page 09", "page 9", "page 10"}));
    }

    void cacheStaysWithinItsBounds()
    {
        const QImage image(10, 10, QImage::Format_ARGB32);
        ThumbnailCache cache(3 * image.sizeInBytes());
        for (int row = 0; row < 3; ++row)
            QVERIFY(cache.insert(row, image).isEmpty());
        cache.touch(0);
        QCOMPARE(cache.insert(3, image), QList<int>{1});
        QCOMPARE(cache.insert(3, image), QList<int>{});
        QCOMPARE(cache.bytes(), cache.maxBytes());
        QVERIFY(cache.contains(0) && !cache.contains(1) && cache.find(1).isNull());
        const QImage large(100, 100, QImage::Format_ARGB32);
        QCOMPARE(cache.insert(4, large).size(), 3); // alone it may be too large
        cache.clear();
        QCOMPARE(cache.bytes(), 0);
    }

    void droppedThumbnailsAreDecodedAgainWhenInView()
    {
        const Pictures pictures(12);
        const qsizetype one = qsizetype(24) * 18 * 4;
        Chaos chaos;
        ThumbnailCache cache(5 * one);
        Client client(Zygote::find(), {.maxWorkers = 2});
        Album album(chaos, cache);
        album.setTile({24, 18}, 2);
        album.setClient(&client);
        for (int i = 0; i < 12; ++i)
            album.append({pictures.path() + QStringLiteral("/picture-%1.png").arg(i + 1)});
        QTRY_COMPARE_WITH_TIMEOUT(album.shown(), 12, Patience);
        QVERIFY(cache.bytes() <= cache.maxBytes());
        for (const int first : {8, 0, 4}) {
            album.showRows(first, first + 3);
            QTRY_VERIFY_WITH_TIMEOUT(cache.contains(first) && cache.contains(first + 1) && cache.contains(first + 2)
                                         && cache.contains(first + 3),
                                     Patience);
            QVERIFY(cache.bytes() <= cache.maxBytes());
        }
        QTRY_COMPARE_WITH_TIMEOUT(album.shown(), 12, Patience);
    }

    void whatIsInViewIsDecodedFirst()
    {
        const Pictures pictures(400);
        m_gallery->setWorkers(1);
        QList<int> order;
        connect(m_gallery->album(), &Album::dataChanged, this, [&](const QModelIndex &index) {
            if (m_gallery->album()->stateAt(index.row()) == Album::Shown && !order.contains(index.row()))
                order.append(index.row());
        });
        m_gallery->album()->showRows(100, 109);
        m_gallery->openPath(pictures.path());
        QVERIFY(areThere(*m_gallery, 400));
        QVERIFY(settles(*m_gallery));
        QCOMPARE(order.first(10), QList<int>({100, 101, 102, 103, 104, 105, 106, 107, 108, 109}));

        // What comes into view later overtakes what waits.
        order.clear();
        m_gallery->album()->decodeAgain();
        m_gallery->album()->showRows(396, 398);
        QTRY_VERIFY_WITH_TIMEOUT(order.contains(398), Patience);
        const qsizetype from = order.indexOf(396);
        QVERIFY2(from < 300, "it was decoded in turn");
        QCOMPARE(order.sliced(from, 3), QList<int>({396, 397, 398}));
    }

    void cancelAndRetry()
    {
        const Pictures pictures(600);
        m_gallery->setWorkers(1);
        m_gallery->openPath(pictures.path());
        QVERIFY(areThere(*m_gallery, 600));
        QTRY_VERIFY_WITH_TIMEOUT(m_gallery->album()->shown() > 0, Patience);
        m_gallery->album()->cancelAll();
        QCOMPARE(unsettled(*m_gallery), 0);
        const int canceled = m_gallery->album()->canceled();
        QVERIFY(canceled > 0);
        QTRY_COMPARE_WITH_TIMEOUT(m_gallery->pool()->waiting(), 0, Patience); // no worker will do any of it
        QCOMPARE(m_gallery->album()->canceled(), canceled);
        QVERIFY(m_gallery->album()->retry(599));
        QVERIFY(!m_gallery->album()->retry(599)); // it waits now
        QVERIFY(!m_gallery->album()->retry(600));
        QVERIFY(settles(*m_gallery));
        QCOMPARE(m_gallery->album()->canceled(), canceled - 1);
        m_gallery->album()->retryAll();
        QVERIFY(settles(*m_gallery));
        QCOMPARE(m_gallery->album()->shown(), 600);
    }

    void folderThatIsNotThereOrHasNoPictures()
    {
        m_gallery->openPath("/nowhere/at all");
        QTRY_COMPARE_WITH_TIMEOUT(m_gallery->notice(), "There is no folder “/nowhere/at all”", Patience);
        const Pictures none(0);
        m_gallery->openFolder(QUrl::fromLocalFile(none.path()));
        QTRY_COMPARE_WITH_TIMEOUT(m_gallery->notice(), "There are no pictures in this folder.", Patience);
        QCOMPARE(m_gallery->album()->rowCount(), 0);
    }

    void samplesAreMadeAndShown()
    {
        m_gallery->openSamples(24);
        QVERIFY(areThere(*m_gallery, 24));
        QVERIFY(settles(*m_gallery));
        for (int row = 0; row < 24; ++row)
            QCOMPARE(m_gallery->album()->nameAt(row), Samples::fileName(row));
        QCOMPARE(m_gallery->notice(), QString());
        const Pictures others(1);
        m_gallery->openPath(others.path());
        QVERIFY(areThere(*m_gallery, 1));
        m_gallery->openSamples(24); // which are there already
        QCOMPARE(m_gallery->album()->rowCount(), 24);
    }

    void otherWorkersGoOnWithWhatIsToDo()
    {
        const Pictures pictures(80);
        m_gallery->openPath(pictures.path());
        for (const int workers : {1, 3, 2}) {
            m_gallery->setWorkers(workers);
            QCOMPARE(m_gallery->workers(), workers);
        }
        QVERIFY(areThere(*m_gallery, 80));
        m_gallery->setWorkers(4);
        m_gallery->viewer()->show(3);
        m_gallery->setWorkers(2);
        QVERIFY(settles(*m_gallery));
        QCOMPARE(m_gallery->album()->shown(), 80);
        QTRY_COMPARE_WITH_TIMEOUT(m_gallery->viewer()->status(), Album::Shown, Patience);
        QTRY_COMPARE_WITH_TIMEOUT(m_gallery->pool()->workers()->rowCount(), 2, Patience);
    }

    void chaosIsSurvivedByAllFiveHundred()
    {
        const Pictures pictures(491);
        for (int kind = 0; kind < 9; ++kind)
            (void)pictures.add(Kind(kind));
        m_gallery->setThumbnailSeconds(1);
        m_gallery->setChaotic(true);
        m_gallery->openPath(pictures.path());
        QVERIFY(areThere(*m_gallery, 500));
        QVERIFY(settles(*m_gallery));
        std::set<QString> reasons;
        for (int row = 0; row < 500; ++row) {
            const bool isShown = m_gallery->album()->stateAt(row) == Album::Shown;
            const QString reason = at(m_gallery->album(), row, Album::ReasonRole).toString();
            QCOMPARE(reason.isEmpty(), isShown);
            QCOMPARE(m_gallery->cache().contains(row), isShown);
            QVERIFY(at(m_gallery->album(), row, Album::AttemptsRole).toInt() >= 1);
            reasons.insert(reason);
        }
        for (const char *const reason : {"The worker was killed by SIGSEGV", "The worker was killed by SIGABRT",
                                         "Took too long, so its worker was ended"})
            QVERIFY2(reasons.contains(reason), reason);
        QVERIFY(m_gallery->pool()->deathCount() >= 10);
        QTRY_COMPARE_WITH_TIMEOUT(m_gallery->pool()->workerCount(), m_gallery->workers(), Patience); // replaced

        m_gallery->setChaotic(false);
        m_gallery->setThumbnailSeconds(LongTime);
        m_gallery->album()->retryAll();
        QVERIFY(settles(*m_gallery));
        QCOMPARE(m_gallery->album()->shown(), 496); // all but those that nobody can decode
    }

    void keysAndClicks()
    {
        const Pictures pictures(200);
        Window window(m_gallery.get());
        window.resize(900, 700);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window, Patience));
        window.requestActivate();
        QCOMPARE(window.status(), QQuickView::Ready);
        m_gallery->openPath(pictures.path());
        QVERIFY(areThere(*m_gallery, 200));
        QVERIFY(settles(*m_gallery));
        Viewer *const viewer = m_gallery->viewer();

        // The arrows move, Enter opens, Escape closes.
        QTest::keyClick(&window, Qt::Key_Right);
        QTest::keyClick(&window, Qt::Key_Right);
        QTest::keyClick(&window, Qt::Key_Return);
        QTRY_VERIFY_WITH_TIMEOUT(viewer->isOpen() && viewer->status() == Album::Shown, Patience);
        QCOMPARE(viewer->row(), 2);
        QTest::keyClick(&window, Qt::Key_Right);
        QCOMPARE(viewer->row(), 3);
        QTest::keyClick(&window, Qt::Key_Left);
        QTest::keyClick(&window, Qt::Key_Left);
        QCOMPARE(viewer->row(), 1);
        QTest::keyClick(&window, Qt::Key_Escape);
        QVERIFY(!viewer->isOpen());
        const auto isBack = [&] { // a tile of the grid has the keyboard again
            return window.activeFocusItem() && window.activeFocusItem()->property("thumbnail").isValid();
        };
        QTRY_VERIFY_WITH_TIMEOUT(isBack(), Patience);
        QTest::keyClick(&window, Qt::Key_End);
        QTest::keyClick(&window, Qt::Key_Return);
        QCOMPARE(viewer->row(), 199);
        QTest::keyClick(&window, Qt::Key_Escape);
        QTRY_VERIFY_WITH_TIMEOUT(isBack(), Patience);
        QTest::keyClick(&window, Qt::Key_Home);

        // A click opens, the button at the top closes.
        QQuickItem *tile = nullptr;
        const auto isAtTop = [&] { // the grid has come to rest
            tile = itemWith(window.rootObject(), "name", "picture-2.png");
            return tile && tile->mapToScene({}).y() > 80;
        };
        QTRY_VERIFY_WITH_TIMEOUT(isAtTop(), Patience);
        QTest::mouseClick(&window, Qt::LeftButton, {}, tile->mapToScene({tile->width() / 2, 40}).toPoint());
        QCOMPARE(viewer->name(), "picture-2.png");
        QQuickItem *const back = itemWith(window.rootObject(), "text", "Back to the pictures");
        QVERIFY(back);
        QTest::mouseClick(&window, Qt::LeftButton, {}, back->mapToScene({18, 18}).toPoint());
        QVERIFY(!viewer->isOpen());

        // The keys that the tool tips tell.
        QTest::keyClick(&window, Qt::Key_D);
        QVERIFY(m_gallery->isDark());
        QTest::keyClick(&window, Qt::Key_F5);
        QVERIFY(unsettled(*m_gallery) > 0);
        QTest::keyClick(&window, Qt::Key_C);
        QCOMPARE(unsettled(*m_gallery), 0);
        QCOMPARE(m_gallery->album()->shown(), 200); // the old thumbnails are as good
        m_gallery->setThumbnailSeconds(1);
        QTest::keyClick(&window, Qt::Key_X);
        QVERIFY(m_gallery->isChaotic());
        QVERIFY(settles(*m_gallery));
        QVERIFY(m_gallery->album()->failed() > 0);
        QQuickItem *const chaos = itemWith(window.rootObject(), "text", "Chaos");
        QVERIFY(chaos);
        QTest::mouseClick(&window, Qt::LeftButton, {}, chaos->mapToScene({20, 18}).toPoint());
        QVERIFY(!m_gallery->isChaotic());
        m_gallery->setThumbnailSeconds(LongTime);
        QTest::keyClick(&window, Qt::Key_R);
        QVERIFY(settles(*m_gallery));
        QCOMPARE(m_gallery->album()->shown(), 200);

        // Scrolling decodes nothing twice, and the meter has seen it all.
        QWheelEvent wheel({200, 400}, {200, 400}, {}, {0, -1200}, {}, {}, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&window, &wheel);
        QTRY_VERIFY_WITH_TIMEOUT(m_gallery->frames()->frames().size() > 10, Patience);
        QVERIFY(m_gallery->frames()->median() > 0);

        QVERIFY(Test::endsByCtrlQ(&window));
    }

    void windowIsUsableAtEverySize_data() { Test::addWindowSizes(); }
    // No button is outside of the window, and none lies on another.
    void windowIsUsableAtEverySize()
    {
        QFETCH(QSize, size);
        Window window(m_gallery.get());
        window.resize(size);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window, Patience));
        QRect before;
        for (const char *const text :
             {"Open a folder", "Decode all again", "Retry what failed", "Cancel", "Chaos", "Dark theme", "Settings"}) {
            QQuickItem *const button = itemWith(window.rootObject(), "text", text);
            QVERIFY2(button, text);
            const QRect place = Test::placeOf(button);
            QVERIFY2(QRect(QPoint(), size).contains(place), text);
            QVERIFY2(!place.intersects(before), text);
            before = place;
        }
    }

    void commandLine_data()
    {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("error");
        QTest::newRow("none") << QStringList() << "";
        QTest::newRow("all") << QStringList{"folder", "--screenshot", "f.png",  "--after", "2.5",
                                            "--size", "400x700",      "--dark", "--chaos"}
                             << "";
        QTest::newRow("unknown") << QStringList{"--light"} << "Unknown option 'light'.";
        QTest::newRow("no value") << QStringList{"--after"} << "Missing value after '--after'.";
        QTest::newRow("no number") << QStringList{"--after", "soon"} << "--after takes seconds, 0 to 3600, not 'soon'.";
        QTest::newRow("no size") << QStringList{"--size", "wide"}
                                 << "--size takes WIDTHxHEIGHT, at least 320x320, not 'wide'.";
        QTest::newRow("small") << QStringList{"--size", "100x700"}
                               << "--size takes WIDTHxHEIGHT, at least 320x320, not '100x700'.";
        QTest::newRow("two folders") << QStringList{"a", "b"} << "One folder at most, not 2.";
    }
    void commandLine()
    {
        QFETCH(QStringList, arguments);
        QFETCH(QString, error);
        const CommandLine line = CommandLine::parse(QStringList("gallery") + arguments);
        QCOMPARE(line.error, error);
        if (arguments.size() > 4) {
            QCOMPARE(line.folder, "folder");
            QCOMPARE(line.window.screenshot, "f.png");
            QCOMPARE(line.window.after, 2.5);
            QCOMPARE(line.window.size, QSize(400, 700));
            QVERIFY(line.window.dark && line.chaos && !line.help);
        }
    }

    void programSavesAPicture()
    {
        const Pictures pictures(20);
        const QString file = pictures.path() + "/window.png";
        const Test::Ended run
            = Test::runProgram(GALLERY, {pictures.path(), "--screenshot", file, "--after", "1", "--size", "500x600"});
        QCOMPARE(run.exitCode, 0);
        QCOMPARE(QImage(file).size(), QSize(500, 600));
    }
    void programSaysWhatItCannotDo()
    {
        const Test::Ended help = Test::runProgram(GALLERY, {"--help"});
        QCOMPARE(help.exitCode, 0);
        QVERIFY(help.output.startsWith("Usage: gallery [OPTION...] [FOLDER]\n"));
        QCOMPARE(Test::runProgram(GALLERY, {"--nonsense"}).exitCode, 2);
        const Test::Ended unwritable
            = Test::runProgram(GALLERY, {"--screenshot", "/nowhere/window.png", "--after", "0"});
        QCOMPARE(unwritable.exitCode, 1);
        QVERIFY(unwritable.errors.contains("could not be saved as /nowhere/window.png"));
    }

    // Ctrl-C ends it, and the samples that it has made are removed.
    void interruptEndsIt()
    {
        const QTemporaryDir temporary;
        const auto hasSamples = [&] { return !QDir(temporary.path()).entryList({"gallery-samples-*"}).isEmpty(); };
        QProcess gallery;
        gallery.setEnvironment(QProcess::systemEnvironment() + QStringList{"TMPDIR=" + temporary.path()});
        gallery.start(GALLERY, QStringList());
        QTRY_VERIFY_WITH_TIMEOUT(hasSamples(), Patience);
        QVERIFY(gallery.processId() > 0);
        ::kill(pid_t(gallery.processId()), SIGINT);
        QVERIFY(gallery.waitForFinished(Patience));
        QCOMPARE(gallery.exitStatus(), QProcess::NormalExit);
        QCOMPARE(gallery.exitCode(), 0);
        QVERIFY(!hasSamples());
    }

private:
    std::unique_ptr<Gallery> m_gallery;
};

QTPREFORK_TEST_MAIN(GalleryTest, Decoder::fillInterface, Decoder::zygoteOptions())

#include "tst_gallery.moc"
