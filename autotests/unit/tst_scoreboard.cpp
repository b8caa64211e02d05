// SPDX-License-Identifier: MIT
#include "zygote/scoreboard_p.h"

#include <QtTest/QTest>

using namespace Prefork;
using namespace Prefork::Internal;

class TestScoreboard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aPageGivenOutAgainKnowsNothingOfItsPast()
    {
        Scoreboard scoreboard;
        const std::size_t slot = scoreboard.take().value();
        ScoreboardPage *const page = scoreboard.page(slot);
        page->enter(ScoreboardPage::Busy);
        page->setMethod("drink");
        page->protocol = ScoreboardPage::Native;
        page->midWrite = 1;
        page->lastStarted = page->served = 7;
        page->begun.back() = 7;
        scoreboard.giveBack(slot);
        QCOMPARE(scoreboard.take().value(), slot);
        const ScoreboardPage *const fresh = scoreboard.page(slot);
        QCOMPARE(fresh->state.load(), quint32(ScoreboardPage::Free));
        QCOMPARE(fresh->protocol.load(), quint32(ScoreboardPage::UnknownProtocol));
        QCOMPARE(fresh->midWrite.load(), 0u);
        QCOMPARE(fresh->lastStarted.load() + fresh->served.load(), Q_UINT64_C(0));
        QCOMPARE(fresh->since.load(), 0);
        QCOMPARE(fresh->methodName(), QByteArray());
        QVERIFY(fresh->begunCalls().empty());
        QCOMPARE(fresh->layout.load(), quint32(ScoreboardPage::Layout));
    }
    void theCallsThatHaveBegunAreInOrder()
    {
        ScoreboardPage page;
        for (const quint64 call : {7u, 3u, 5u})
            page.begun[call * 8] = call;
        page.begun[0] = 5; // as while the list is changed
        page.begun[63] = ~quint64(0);
        QCOMPARE(page.begunCalls(), std::vector<quint64>({3, 5, 7, ~quint64(0)}));
    }
};

QTEST_APPLESS_MAIN(TestScoreboard)
#include "tst_scoreboard.moc"
