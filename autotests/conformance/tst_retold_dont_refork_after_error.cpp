// SPDX-License-Identifier: MIT
// Retells dont_refork_after_error.t: a checkout goes on after its errors, also from inside the catchers, and on demand
// so does its worker.
#include "helpers/retold.h"

using namespace Prefork;

class RetoldDontReforkAfterError : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void theWorkerStaysThroughErrorsAndCheckouts_data()
    {
        QTest::addColumn<bool>("reuse");
        QTest::newRow("kept on demand") << true;
        QTest::newRow("replaced by default") << false;
    }
    void theWorkerStaysThroughErrorsAndCheckouts()
    {
        QFETCH(bool, reuse);
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1, .reuseAfterError = reuse});
        const Next last = notingPid({});
        const Next second = notingPid(failing("ouch", last));
        const Next first = notingPid(notingPid(failing("blah", second)));
        first(client->checkout());
        last(client->checkout()); // waits for the only worker
        WAIT_COMPARE(m_events.size(), 7);
        const QString pid = m_events.first();
        QVERIFY(pid.toLongLong() > 0);
        QCOMPARE(m_events.first(6), QStringList({pid, pid, "blah", pid, "ouch", pid}));
        QCOMPARE(m_events.last() == pid, reuse);
    }
    void cleanup() { m_events.clear(); }

private:
    // A step of the story, which begins the one after it in its callback …
    using Next = std::function<void(const CheckoutPtr &)>;
    Next notingPid(const Next &next)
    {
        return [this, next](const CheckoutPtr &checkout) {
            checkout->call("pid", {}, [this, checkout, next](const QVariant &pid) {
                m_events.append(pid.toString());
                if (next)
                    next(checkout);
            });
        };
    }
    // … or in its catcher.
    Next failing(const QString &text, const Next &next)
    {
        return [this, text, next](const CheckoutPtr &checkout) {
            frameTry([&] { checkout->call("fail", {text}, [this] { m_events.append("not reached"); }); },
                     [this, checkout, next](const Error &error) {
                         m_events.append(error.message());
                         next(checkout);
                     });
        };
    }

    QStringList m_events;
};

PREFORK_RETOLD_MAIN(RetoldDontReforkAfterError, Test::addBasics)
#include "tst_retold_dont_refork_after_error.moc"
