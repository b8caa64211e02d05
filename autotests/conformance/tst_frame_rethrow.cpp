// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

using namespace Prefork;

namespace {

struct Weird
{
    int number;
    explicit operator bool() const { return false; }
};

}

class tst_frame_rethrow : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f3_rethrownErrorsGoOutwardsAndThenEscape();
    void f3_catcherOutsideEndsIt();
    void f3_rethrowKeepsTheOriginalTrace();
    void f18_frameMadeInACatcherFailsIntoTheSameCatcher();
    void f22_exceptionsArePassedUnchanged();
    void f23_falseExceptionsAreNotLost();

private:
    static std::function<void()> chain(QStringList &order, bool escape);
};

std::function<void()> tst_frame_rethrow::chain(QStringList &order, bool escape)
{
    std::function<void()> callback;
    frame(
        {},
        [&] {
            callback = frame(
                {},
                [&order] {
                    order << QStringLiteral("run");
                    throw Error(QStringLiteral("ERR1"));
                },
                [&order](const Error &error) {
                    order << error.message();
                    throw Error(QStringLiteral("ERR2 ") + error.message());
                });
        },
        [&order, escape](const Error &error) {
            order << error.message();
            if (escape)
                throw Error(QStringLiteral("ERR3 ") + error.message());
        })();
    return callback;
}

void tst_frame_rethrow::f3_rethrownErrorsGoOutwardsAndThenEscape()
{
    QStringList order;
    const auto callback = chain(order, true);
    try {
        callback();
        QFAIL("nothing was thrown");
    } catch (const Error &error) {
        QCOMPARE(error.message(), QStringLiteral("ERR3 ERR2 ERR1"));
        QVERIFY(error.backTrace().startsWith(QStringLiteral("ERR1\n---")));
    }
    QCOMPARE(order.join(u','), QStringLiteral("run,ERR1,ERR2 ERR1"));
}

void tst_frame_rethrow::f3_catcherOutsideEndsIt()
{
    QStringList order;
    chain(order, false)();
    QCOMPARE(order.join(u','), QStringLiteral("run,ERR1,ERR2 ERR1"));
}

void tst_frame_rethrow::f3_rethrowKeepsTheOriginalTrace()
{
    QStringList traces;
    std::function<void()> callback;
    frameTry(
        [&] {
            frameTry([&] { callback = fub("failing", [] { throw std::runtime_error("first"); }); },
                     [&](const Error &error) {
                         traces << error.backTrace();
                         throw std::logic_error("second");
                     });
        },
        [&](const Error &error) {
            QCOMPARE(error.message(), QStringLiteral("second"));
            traces << error.backTrace();
        });
    callback();
    QCOMPARE(traces.size(), 2);
    QCOMPARE(traces.at(0), traces.at(1));
    QVERIFY(traces.at(0).startsWith(QStringLiteral("first\n---")));
    QCOMPARE(traces.at(0).count(u'\n'), 5);
}

void tst_frame_rethrow::f18_frameMadeInACatcherFailsIntoTheSameCatcher()
{
    QStringList caught;
    std::function<void()> retry;
    std::function<void()> callback;
    frameTry([&] { callback = fub("failing", [] { throw Error(QStringLiteral("first")); }); },
             [&](const Error &error) {
                 caught << error.message();
                 if (!retry)
                     retry = fub("retry", [] { throw Error(QStringLiteral("again")); });
                 else
                     caught << error.backTrace();
             });
    callback();
    retry();
    QCOMPARE(caught.size(), 3);
    QCOMPARE(caught.mid(0, 2), (QStringList{QStringLiteral("first"), QStringLiteral("again")}));
    const QString names
        = caught.at(2).section(u'\n', 2).replace(QRegularExpression(QStringLiteral(".*:\\d+ - ")), QString());
    QCOMPARE(names, QStringLiteral("retry\nfailing\nANONYMOUS FRAME\n"));
}

void tst_frame_rethrow::f22_exceptionsArePassedUnchanged()
{
    const auto thrown = std::make_exception_ptr(Weird{7});
    std::exception_ptr seen;
    int number = 0;
    try {
        frameTry(
            [&] {
                frameTry([&] { std::rethrow_exception(thrown); },
                         [&](const Error &error) {
                             seen = error.exception();
                             error.rethrow();
                         });
            },
            [&](const Weird &weird) {
                number = weird.number;
                throw;
            });
        QFAIL("nothing was thrown");
    } catch (...) {
        QVERIFY(std::current_exception() == thrown);
    }
    QVERIFY(seen == thrown);
    QCOMPARE(number, 7);
}

// Perl tests its error by truth; an object that is false is lost.
void tst_frame_rethrow::f23_falseExceptionsAreNotLost()
{
    int caught = 0;
    const auto count = [&] { ++caught; };
    frameTry([] { throw Weird{0}; }, count);
    frameTry([] { throw 0; }, count);
    frameTry([] { throw Error(); }, count);
    frameTry([] { throw QString(); }, count);
    frameTry([] { throw nullptr; }, count);
    QCOMPARE(caught, 5);
}

QTEST_GUILESS_MAIN(tst_frame_rethrow)
#include "tst_frame_rethrow.moc"
