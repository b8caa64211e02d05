// SPDX-License-Identifier: MIT
// One-shot calls share workers, and yet each has a fate of its own.
#include "helpers/retold.h"
#include "helpers/worklog.h"

#include <algorithm>
#include <csignal>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::Gate;
using Test::WorkLog;

namespace {

constexpr auto Timeout = 6s;

void fill(Interface &interface)
{
    Test::addBasics(interface);
    Test::addNoting(interface);
    interface.add("dieIfTold", [](const QVariantList &arguments) {
        if (arguments.at(2).toString() == "die")
            ::raise(SIGKILL);
        return arguments.at(1);
    });
}

}

class NativeOneShotsTest : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }
    void init()
    {
        m_log = std::make_unique<WorkLog>();
        m_settled.clear();
    }
    void cleanup() { m_client.reset(); }

    void theyShareAWorker()
    {
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .oneShotDepth = 4});
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
        Gate gate;
        call("0", "notePassing", gate.path());
        for (int i = 1; i < 6; ++i)
            call(QString::number(i), "note");
        WAIT_FOR(gate.isReached());
        QCOMPARE(m_client->waitingCheckoutCount(), 2);
        QCOMPARE(m_log->entries(), QStringList("0"));
        gate.open();
        WAIT_COMPARE(m_settled.size(), 6);
        QCOMPARE(m_log->entries(), QStringList({"0", "1", "2", "3", "4", "5"}));
        for (const QString &outcome : std::as_const(m_settled))
            QCOMPARE(outcome.section('=', 1), m_settled.first().section('=', 1)); // one pid
    }
    void theyDoNotWaitWhileThereMayBeMoreWorkers()
    {
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 3, .protocol = Protocol::Native});
        std::array<Gate, 3> gates;
        for (const Gate &gate : gates)
            call("one", "notePassing", gate.path());
        WAIT_FOR(std::all_of(gates.begin(), gates.end(), [](const Gate &gate) { return gate.isReached(); }));
        for (Gate &gate : gates)
            gate.open();
        WAIT_COMPARE(m_settled.size(), 3);
    }
    void eachSettlesOnceHoweverMany()
    {
        constexpr int Count = 500;
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 3, .protocol = Protocol::Native});
        for (int i = 0; i < Count; ++i)
            call(QString::number(i), i % 7 ? "note" : "noteAndFail");
        QVERIFY(Test::waitUntilAll([this] { return m_settled.size(); }, [] { return qsizetype(Count); }));
        WAIT_FOR(m_client->idleWorkerCount() > 0 && m_client->waitingCheckoutCount() == 0);
        QCOMPARE(m_settled.size(), Count);
        QStringList ran = m_log->entries();
        QCOMPARE(ran.size(), Count);
        ran.removeDuplicates();
        QCOMPARE(ran.size(), Count);
        for (int i = 0; i < Count; ++i) {
            const QStringList mine = m_settled.filter(QRegularExpression(QStringLiteral("^%1[=!]").arg(i)));
            QCOMPARE(mine.size(), 1);
            QCOMPARE(mine.first().endsWith("!no luck"), i % 7 == 0);
        }
    }
    void anErrorIsNobodyElses()
    {
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .oneShotDepth = 4});
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
        Gate gate;
        call("0", "notePassing", gate.path());
        call("1", "noteAndFail");
        call("2", "note");
        call("3", "note");
        WAIT_FOR(gate.isReached());
        WAIT_COMPARE(m_client->bytesToWrite(), 0);
        gate.open();
        WAIT_COMPARE(m_settled.size(), 4);
        const QString pid = m_settled.first().section('=', 1);
        QCOMPARE(m_settled, QStringList({"0=" + pid, "1!no luck", "2=" + pid, "3=" + pid}));
        QCOMPARE(m_log->entries(), QStringList({"0", "1", "2", "3"}));
    }

    // The method is known to be quick, so that a worker would hold results back for it in one checkout.
    void aCrashCostsNobodyElsesResult()
    {
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .oneShotDepth = 4});
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
        for (int i = 0; i < 8; ++i)
            call(QString::number(i), "dieIfTold");
        WAIT_COMPARE(m_settled.size(), 8);
        m_settled.clear();
        Gate gate;
        call("first", "notePassing", gate.path());
        call("before", "dieIfTold");
        call("dies", "dieIfTold", "die");
        call("behind", "dieIfTold");
        WAIT_FOR(gate.isReached());
        WAIT_COMPARE(m_client->bytesToWrite(), 0);
        gate.open();
        WAIT_COMPARE(m_settled.size(), 4);
        QCOMPARE(m_settled.filter(QStringLiteral("!")), QStringList("dies!worker connection suddenly died"));
        QVERIFY(m_settled.contains("before=before"));
        QVERIFY(m_settled.contains("behind=behind"));
    }

    void aTimeoutFailsNoneThatNeverBegan()
    {
        m_client = makeClient(
            {.minWorkers = 1, .maxWorkers = 1, .timeout = Timeout, .protocol = Protocol::Native, .oneShotDepth = 4});
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
        const Gate gate;
        call("long", "notePassing", gate.path());
        WAIT_FOR(gate.isReached());
        callHalfWay({"a", "b", "c"}, {});
        WAIT_COMPARE(m_settled.size(), 4);
        QCOMPARE(m_settled.first(), "long!timed out after 6 seconds");
        QCOMPARE(withoutResults(m_settled.sliced(1)), QStringList({"a", "b", "c"}));
        QCOMPARE(m_log->entries(), QStringList({"long", "a", "b", "c"}));
    }
    // Those behind it begin while the worker that was given up lives on.
    void aTimeoutLosesTheOneThatHadBegun()
    {
        m_client = makeClient(
            {.minWorkers = 1, .maxWorkers = 1, .timeout = Timeout, .protocol = Protocol::Native, .oneShotDepth = 4});
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
        Gate gate;
        const Gate never;
        m_atError = [&gate](const QString &name) {
            if (name == "long")
                gate.open();
        };
        call("long", "notePassing", gate.path());
        WAIT_FOR(gate.isReached());
        callHalfWay({"begun", "a", "b"}, never.path());
        WAIT_COMPARE(m_settled.size(), 4);
        m_atError = {};
        QCOMPARE(m_settled.first(), "long!timed out after 6 seconds");
        QVERIFY2(m_settled.contains("begun!worker connection suddenly died"), qPrintable(m_settled.join(' ')));
        QStringList others = withoutResults(m_settled.sliced(1));
        others.sort();
        QCOMPARE(others, QStringList({"a", "b", "begun!worker connection suddenly died"}));
        QCOMPARE(m_log->entries(), QStringList({"long", "begun", "a", "b"}));
    }
    void aDeadIdleWorkersSuccessorServesTheNextCall_data()
    {
        QTest::addColumn<bool>("isOneShot");
        QTest::newRow("of a checkout") << false;
        QTest::newRow("one-shot") << true;
    }
    void aDeadIdleWorkersSuccessorServesTheNextCall()
    {
        QFETCH(bool, isOneShot);
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        for (int i = 0; i < 20; ++i) {
            const QString name = QString::number(i);
            const qint64 pid = Test::pidOf(m_client->checkout());
            QVERIFY(pid > 0);
            WAIT_COMPARE(m_client->idleWorkerCount(), 1);
            ::kill(pid_t(pid), SIGKILL);
            while (Test::isRunning(pid)) { } // the client has no turn to notice
            if (isOneShot) {
                call(name, "note");
                WAIT_COMPARE(m_settled.size(), i + 1);
                QVERIFY2(m_settled.last().startsWith(name + '='), qPrintable(m_settled.last() + ": " + m_detail));
            } else {
                const QVariant next = Test::answer(m_client->checkout(), "note", {m_log->path(), name});
                QVERIFY2(next.toLongLong() > 0 && next != QVariant(pid), qPrintable(next.toString()));
            }
            QCOMPARE(m_log->entries().size(), i + 1);
        }
    }
    void aDeathLosesTheOneThatHadBegun()
    {
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .oneShotDepth = 4});
        const qint64 pid = Test::pidOf(m_client->checkout());
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
        const Gate never;
        call("begun", "notePassing", never.path());
        for (const char *const name : {"a", "b", "c"})
            call(name, "note");
        WAIT_FOR(never.isReached());
        WAIT_COMPARE(m_client->bytesToWrite(), 0);
        ::kill(pid_t(pid), SIGKILL);
        WAIT_COMPARE(m_settled.size(), 4);
        QStringList outcomes = withoutResults(m_settled);
        outcomes.sort();
        QCOMPARE(outcomes, QStringList({"a", "b", "begun!worker connection suddenly died", "c"}));
        QCOMPARE(m_detail, "the worker was killed by SIGKILL");
        QCOMPARE(m_log->entries(), QStringList({"begun", "a", "b", "c"}));
    }

private:
    void call(const QString &name, const char *method, const QString &gate = {})
    {
        frameTry(
            [&] {
                m_client->call(method, {m_log->path(), name, gate}, [this, name](const QVariant &result) {
                    m_settled.append(name + '=' + result.toString());
                });
            },
            [this, name](const Error &error) {
                m_settled.append(name + '!' + error.message());
                m_detail = error.detail();
                if (m_atError)
                    m_atError(name);
            });
    }
    // Calls them when the time of the first call is half over; the first of them passes @p gate, if there is one.
    void callHalfWay(const QStringList &names, const QString &gate)
    {
        bool areMade = false;
        QTimer::singleShot(Timeout / 2, m_client.get(), [&] {
            for (const QString &name : names) {
                const bool passes = name == names.first() && !gate.isEmpty();
                call(name, passes ? "notePassing" : "note", passes ? gate : QString());
            }
            areMade = true;
        });
        WAIT_FOR(areMade);
        QCOMPARE(m_client->waitingCheckoutCount(), 0); // they share the worker
    }
    static QStringList withoutResults(QStringList outcomes)
    {
        for (QString &outcome : outcomes)
            outcome = outcome.section('=', 0, 0);
        return outcomes;
    }

    std::unique_ptr<WorkLog> m_log;
    std::unique_ptr<Client> m_client;
    QStringList m_settled; // NAME=result or NAME!message, in the order in which they did
    QString m_detail;
    std::function<void(const QString &)> m_atError;
};

PREFORK_RETOLD_MAIN(NativeOneShotsTest, fill, {.abandonedGrace = 800ms, .killGrace = 0ms})
#include "tst_native_oneshots.moc"
