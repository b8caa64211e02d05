// SPDX-License-Identifier: MIT
// A connection is cut after every byte of a session, in both directions, in three ways: nothing is lost, nothing runs
// twice, and the pool serves on. PREFORK_CUT_EVERY=1 has every cut made where sanitizers would leave most out.
#include "helpers/cuttingproxy.h"
#include "helpers/faults.h"
#include "helpers/protocols.h"
#include "helpers/retold.h"
#include "helpers/worklog.h"

#include <QtPrefork/Worker>

#include <QtCore/QHash>

#include <map>

using namespace Prefork;
using namespace Test;

namespace {

constexpr char LogVariable[] = "CUTS_LOG";
constexpr std::size_t AtATime = 16;
constexpr int Steps = 3;
constexpr Event<int> step{"s"};
constexpr Event<> begun{"b"};

void fill(Interface &interface)
{
    using Values = const QVariantList &;
    const QString log = qEnvironmentVariable(LogVariable);
    const auto note = [log](Values arguments) {
        WorkLog::append(log, arguments.value(0).toString());
        return arguments.value(0);
    };
    interface.add("note", note);
    interface.add("fail", [note](Values arguments) -> QVariant {
        note(arguments);
        throw Error("no luck");
    });
    interface.add("tell", [note](Values arguments) {
        note(arguments);
        for (int i = 0; i < Steps; ++i) {
            Worker::emitEvent(step, i);
            Worker::setProgress(i + 1, Steps);
        }
        return arguments.value(0);
    });
    interface.add("wait", [note](Values arguments) {
        note(arguments);
        Worker::emitEvent(begun);
        while (!Worker::isCanceled())
            ::usleep(200);
        return arguments.value(0);
    });
    interface.checkoutDone([] { }); // so that releases are answered
}

/// What has become of one call.
struct Fate
{
    QString entry; ///< that it makes in the log when it begins
    int settlements = 0;
    Error::Code code = Error::NoError;
    QString detail;
    bool isRight = true; ///< its result, if it has one
    bool isUnwanted = false; ///< its maker has canceled it
    bool isUnsent = false; ///< and did before it can have been written
    bool isWaiting = false; ///< and did when its worker had another one to do before it
    int events = 0; ///< that came when they should
    qint64 progress = 0;
    bool isInOrder = true;

    // Each is said before the progress of the same step.
    void hearEvent(int number) { isInOrder = isInOrder && settlements == 0 && number == events++; }
    void hearProgress(qint64 value)
    {
        isInOrder = isInOrder && settlements == 0 && value == events && value > progress;
        progress = value;
    }
};

/// Calls by their letters.
using Fates = std::map<char, Fate>;

/// A client of its own, behind a proxy that cuts its first connection, and what it does: calls of a checkout, of which
/// one is canceled at once, one fails, and one is made when that has; a release; two one-shots; calls that say
/// something before their results, of which one is canceled while it runs and another while it waits; and at last a
/// call that shows whether the pool serves on.
class Session : public QObject
{
    Q_OBJECT

public:
    Session(int number, const Address &server, const QString &directory, const Cut &cut)
        : m_number(number)
        , m_cut(cut)
        , m_proxy(server, directory + QString("/%1").arg(number), cut)
        , m_client(m_proxy.address(),
                   {.minWorkers = 0, .maxWorkers = 1, .cancelGrace = std::chrono::seconds(4), .reuseAfterError = true})
    {
        beginCheckout();
        make(*m_checkout, 'a', "note");
        make(*m_checkout, 'b', "note");
        cancel('b');
        m_fates['b'].isUnsent = true;
        make(*m_checkout, 'c', "note");
        make(*m_checkout, 'd', "fail", [this] { make(*m_checkout, 'f', "note", [this] { oneShots(); }); });
        make(*m_checkout, 'e', "note");
    }

    [[nodiscard]] bool isOver() const { return m_isOver; }
    [[nodiscard]] const CuttingProxy &proxy() const { return m_proxy; }
    [[nodiscard]] const Cut &cut() const { return m_cut; }
    [[nodiscard]] const Fates &fates() const { return m_fates; }
    [[nodiscard]] QString text() const
    {
        QString text;
        for (const auto &[letter, fate] : m_fates)
            text += QString("%1:%2 times, code %3 %4; ")
                        .arg(letter)
                        .arg(fate.settlements)
                        .arg(fate.code)
                        .arg(fate.detail);
        return text;
    }

private:
    void beginCheckout()
    {
        m_checkout = m_client.checkout();
        m_letters.clear();
        ++m_held;
        connect(m_checkout.get(), &Checkout::canceled, this, [this](CallId call) {
            const char letter = m_letters.value(call);
            if (m_fates[letter].isUnwanted)
                settle(letter, Error::Canceled);
        });
        connect(m_checkout.get(), &Checkout::released, this, [this] {
            --m_held;
            endIfDone();
        });
    }
    void endCheckout()
    {
        m_checkout->release();
        m_checkout.reset();
    }
    // The maker is a checkout, a client, or their with().
    template <class Maker>
    void make(Maker &&maker, char letter, const char *method, const std::function<void()> &then = {})
    {
        Fate &fate = m_fates[letter];
        fate.entry = QString("%1%2").arg(m_number, 4, 36, QChar(u'0')).arg(letter);
        ++m_unsettled;
        m_calls[letter] = maker.call(
            method, {fate.entry},
            [this, letter, then](const QVariant &result) {
                m_fates[letter].isRight = result == m_fates[letter].entry;
                settle(letter, Error::NoError, then);
            },
            [this, letter, then](const Error &error) {
                m_fates[letter].detail = error.message() + ": " + error.detail();
                settle(letter, error.code(), then);
            });
        m_letters.insert(m_calls[letter], letter);
    }
    void cancel(char letter) { m_fates[letter].isUnwanted = m_calls[letter].cancel(); }
    void settle(char letter, Error::Code code, const std::function<void()> &then = {})
    {
        Fate &fate = m_fates[letter];
        fate.code = code;
        if (++fate.settlements > 1)
            return;
        --m_unsettled;
        if (then)
            then();
        endIfDone();
    }

    void oneShots()
    {
        endCheckout();
        make(m_client, 'g', "note");
        make(m_client, 'h', "note", [this] {
            if (isNative())
                longCalls();
        });
    }
    void longCalls()
    {
        beginCheckout();
        const auto maker = m_checkout->with({});
        make(maker.on(step, [this](int number) { m_fates['i'].hearEvent(number); })
                 .onProgress([this](const Progress &progress) { m_fates['i'].hearProgress(progress.value()); }),
             'i', "tell");
        make(maker.on(begun, [this] { changeMind(); }), 'j', "wait");
        make(*m_checkout, 'k', "note");
        make(*m_checkout, 'l', "note");
        endCheckout();
    }
    void changeMind()
    {
        m_fates['j'].hearEvent(0);
        cancel('k');
        m_fates['k'].isWaiting = m_fates['k'].isUnwanted;
        cancel('j');
    }
    void endIfDone()
    {
        if (m_unsettled > 0 || m_held > 0 || m_isOver)
            return;
        const bool isServed = m_fates.contains('y') && m_fates['y'].code == Error::NoError;
        if (!m_fates.contains('y'))
            make(m_client, 'y', "note");
        else if (!isServed && !m_fates.contains('z'))
            make(m_client, 'z', "note");
        else
            m_isOver = true;
    }

    const int m_number;
    const Cut m_cut;
    CuttingProxy m_proxy;
    Client m_client;
    CheckoutPtr m_checkout;
    std::map<char, Call> m_calls;
    QHash<CallId, char> m_letters; // of the checkout's calls
    Fates m_fates;
    int m_unsettled = 0;
    int m_held = 0;
    bool m_isOver = false;
};

/// What is left of a session that is over.
struct Record
{
    Cut cut;
    bool wasCut = false;
    Fates fates;
};

using Entries = QHash<QString, int>;

/// Judges a call by what its maker has heard and what workers have noted.
QString problemOf(const Record &record, char letter, const Fate &fate, const Entries &entries)
{
    const int times = entries.value(fate.entry);
    const bool isCutShort = record.wasCut && (fate.code == Error::WorkerLost || fate.code == Error::Canceled);
    static const QHash<char, Error::Code> Uncut{{'b', Error::Canceled},
                                                {'d', Error::WorkerError},
                                                {'e', Error::Canceled},
                                                {'j', Error::Canceled},
                                                {'k', Error::Canceled}};
    if (fate.settlements != 1)
        return QString("settled %1 times").arg(fate.settlements);
    if (times > 1)
        return QString("ran %1 times").arg(times);
    if (fate.code != Uncut.value(letter, Error::NoError) && !isCutShort)
        return QString("settled with code %1, %2").arg(fate.code).arg(fate.detail);
    if ((fate.code == Error::NoError || fate.code == Error::WorkerError) && times != 1)
        return "was answered and has not run";
    if (!fate.isRight)
        return "has another's result";
    if (fate.isUnsent && times != 0)
        return "ran although it was canceled before it was sent";
    if (fate.isWaiting && times != 0)
        return "ran although it was canceled while it waited";
    if (!fate.isInOrder)
        return "was heard of at the wrong time";
    if (letter == 'i' && fate.code == Error::NoError && (fate.events != Steps || fate.progress != Steps))
        return "has a result, and not everything before that was heard of";
    const bool isBehindAnError = letter == 'e' && record.fates.at('d').code == Error::WorkerError;
    if (isBehindAnError && times != 0)
        return "ran behind an error";
    const bool isLast = letter == 'z' || (letter == 'y' && !record.fates.contains('z'));
    if (isLast && fate.code != Error::NoError)
        return "was not served though the cut was over";
    return {};
}

/// Empty if all is well.
QString problemsOf(const std::vector<Record> &records, const QStringList &log)
{
    Entries entries;
    for (const QString &entry : log)
        ++entries[entry];
    QStringList problems;
    for (const Record &record : records) {
        for (const auto &[letter, fate] : record.fates) {
            if (const QString problem = problemOf(record, letter, fate, entries); !problem.isEmpty())
                problems += record.cut.place() + "call " + letter + ' ' + problem;
        }
    }
    const qsizetype more = problems.size() - 20;
    return problems.mid(0, 20).join('\n') + (more > 0 ? QString("\nand %1 more").arg(more) : QString());
}

int fromEnvironment(const char *name, int byDefault)
{
    bool isNumber = false;
    const int number = qEnvironmentVariableIntValue(name, &isNumber);
    return isNumber && number > 0 ? number : byDefault;
}

}

class FaultsCutsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        const QStringList environment{QString(LogVariable) + '=' + m_log.path(), "QT_LOGGING_RULES=prefork.*=false"};
        for (ServerProcess *const server : {&m_unixServer, &m_tcpServer}) {
            const bool isTcp = server == &m_tcpServer;
            server->setEnvironment(environment);
            QVERIFY2(server->start(QCoreApplication::applicationFilePath(),
                                   {"--serve", isTcp ? "tcp://127.0.0.1:0" : "unix:" + m_directory.filePath("server")}),
                     qPrintable(server->errorString()));
        }
    }

    void row105_everyByte_data()
    {
        QTest::addColumn<Direction>("direction");
        QTest::addColumn<Cut::Way>("way");
        QTest::newRow("to the server, closed") << ToServer << Cut::Close;
        QTest::newRow("to the server, half closed") << ToServer << Cut::HalfClose;
        QTest::newRow("to the server, reset") << ToServer << Cut::Reset;
        QTest::newRow("to the client, closed") << ToClient << Cut::Close;
        QTest::newRow("to the client, half closed") << ToClient << Cut::HalfClose;
        QTest::newRow("to the client, reset") << ToClient << Cut::Reset;
    }
    void row105_everyByte()
    {
        QFETCH(Direction, direction);
        QFETCH(Cut::Way, way);
        m_running.clear();
        const std::size_t first = m_records.size();
        begin({.direction = direction, .after = Cut::Never, .way = way});
        QVERIFY2(waitForRoom(0), qPrintable(unsettled()));
        const QString problem = problemsOf({m_records.back()}, m_log.entries());
        QVERIFY2(problem.isEmpty(), qPrintable(problem));
        QVERIFY2(m_length.at(direction) > 100, "the session is too short to say anything");
        const auto length = int(m_length.at(direction));
        // Other rows begin elsewhere, so that every remainder has its turn.
        const int every = fromEnvironment("PREFORK_CUT_EVERY", isSanitized() ? 6 : 1);
        for (int after = m_row++ % every; after <= length; after += every) {
            QVERIFY2(waitForRoom(AtATime - 1), qPrintable(unsettled()));
            begin({.direction = direction, .after = after, .way = way});
        }
        QVERIFY2(waitForRoom(0), qPrintable(unsettled()));
        const std::vector<Record> records(m_records.begin() + std::ptrdiff_t(first), m_records.end());
        const auto cuts = std::count_if(records.begin(), records.end(), [](const Record &one) { return one.wasCut; });
        qInfo("%d of %d bytes, every %d", int(cuts), length, every);
        QVERIFY2(cuts >= length / every * 9 / 10, "sessions were not cut");
        const QString problems = problemsOf(records, m_log.entries());
        QVERIFY2(problems.isEmpty(), qPrintable(problems));
    }

    void row105_nothingRunsLater()
    {
        QCOMPARE(m_unixServer.terminate(), 0);
        QCOMPARE(m_tcpServer.terminate(), 0);
        const QString problems = problemsOf(m_records, m_log.entries());
        QVERIFY2(problems.isEmpty(), qPrintable(problems));
    }

private:
    void begin(const Cut &cut)
    {
        const ServerProcess &server = cut.way == Cut::Reset ? m_tcpServer : m_unixServer;
        m_running.push_back(std::make_unique<Session>(m_number++, server.address(), m_directory.path(), cut));
    }
    // Until no more than so many are left.
    bool waitForRoom(std::size_t most)
    {
        const std::size_t wanted = m_records.size() + m_running.size() - std::min(m_running.size(), most);
        const auto recorded = [this] {
            std::erase_if(m_running, [this](const std::unique_ptr<Session> &session) {
                if (session->isOver())
                    record(*session);
                return session->isOver();
            });
            return m_records.size();
        };
        return waitUntilAll(recorded, [wanted] { return wanted; });
    }
    void record(const Session &session)
    {
        m_records.push_back({session.cut(), session.proxy().hasCut(), session.fates()});
        if (session.cut().after == Cut::Never)
            m_length = {session.proxy().passed(ToServer), session.proxy().passed(ToClient)};
    }
    [[nodiscard]] QString unsettled() const
    {
        QString text = "sessions do not end:\n";
        for (const auto &session : m_running)
            text += session->cut().place() + session->text() + '\n';
        return text;
    }

    const QTemporaryDir m_directory;
    WorkLog m_log;
    ServerProcess m_unixServer;
    ServerProcess m_tcpServer;
    std::vector<std::unique_ptr<Session>> m_running;
    std::vector<Record> m_records;
    std::array<qint64, 2> m_length{};
    int m_number = 0;
    int m_row = 0;
};

int main(int argc, char *argv[])
{
    if (argc == 3 && qstrcmp(argv[1], "--serve") == 0) {
        Interface interface;
        fill(interface);
        return serve(argc, argv, interface, {});
    }
    QCoreApplication app(argc, argv);
    FaultsCutsTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_faults_cuts.moc"
