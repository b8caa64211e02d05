// SPDX-License-Identifier: MIT
// Values whose conversion fails or kills, and numbers at the edges.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/protocols.h"

#include <QtCore/QDataStream>
#include <QtCore/QMap>

#include <cmath>
#include <limits>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

bool s_isWorker = false;

void springIf(bool throws, bool kills)
{
    if (s_isWorker && kills)
        ::raise(SIGKILL);
    if (s_isWorker && throws)
        throw std::runtime_error("a trap");
}

}

/// Does its harm when a worker writes or reads it.
struct Trap
{
    enum Kind { Harmless, ThrowsWritten, KillsWritten, ThrowsRead, KillsRead };
    int kind = Harmless;

    friend QDataStream &operator<<(QDataStream &stream, const Trap &trap)
    {
        springIf(trap.kind == ThrowsWritten, trap.kind == KillsWritten);
        return stream << trap.kind;
    }
    friend QDataStream &operator>>(QDataStream &stream, Trap &trap)
    {
        stream >> trap.kind;
        springIf(trap.kind == ThrowsRead, trap.kind == KillsRead);
        return stream;
    }
};
Q_DECLARE_METATYPE(Trap)

/// A key without a text.
struct Key
{
    friend bool operator<(const Key &, const Key &) { return false; }
};
Q_DECLARE_METATYPE(Key)

namespace {

constexpr Method<Trap(int)> makeTrap{"makeTrap"};
constexpr Method<int(Trap)> takeTrap{"takeTrap"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    QMetaType::registerConverter<Key, QString>([](const Key &) -> QString { throw std::runtime_error("no text"); });
    interface.setup([] { s_isWorker = true; });
    static_cast<void>(interface.registerType<Trap>("trap"));
    interface.add(makeTrap, [](int kind) { return Trap{kind}; });
    interface.add(takeTrap, [](const Trap &trap) { return trap.kind; });
    interface.add("failWithTrap", [](const QVariantList &) -> QVariant {
        throw Error(QStringLiteral("no luck"), QVariant::fromValue(Trap{Trap::ThrowsWritten}));
    });
    interface.add("failWithKeys", [](const QVariantList &) -> QVariant {
        throw Error(QStringLiteral("no luck"), QVariant::fromValue(QMap<Key, int>{{Key(), 1}}));
    });
    interface.add("keys", [](const QVariantList &) { return QVariant::fromValue(QMap<Key, int>{{Key(), 1}}); });
}

}

class FaultsValuesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row3_encodingTheResultFails()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = failure(checkout, "keys");
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(Test::pidOf(checkout), pid);
    }
    void row3_theDataOfAnErrorFails()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true});
        const qint64 pid = Test::pidOf(client.checkout());
        for (const QString &method : {QStringLiteral("failWithTrap"), QStringLiteral("failWithKeys")}) {
            const Error error = failure(client.checkout(), method);
            QCOMPARE(error.code(), Error::WorkerError);
            QCOMPARE(error.message(), "no luck");
            QVERIFY(!error.data().isValid());
            QCOMPARE(Test::pidOf(client.checkout()), pid);
        }
    }
    void row3_streamsFail_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<bool>("isFatal");
        QTest::newRow("writing the result throws") << int(Trap::ThrowsWritten) << false;
        QTest::newRow("writing the result kills") << int(Trap::KillsWritten) << true;
        QTest::newRow("reading an argument throws") << int(Trap::ThrowsRead) << false;
        QTest::newRow("reading an argument kills") << int(Trap::KillsRead) << true;
    }
    void row3_streamsFail()
    {
        if (!Test::isNative())
            QSKIP("registered types do not cross JSON");
        QFETCH(int, kind);
        QFETCH(bool, isFatal);
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        QVERIFY(client.registerType<Trap>("trap"));
        CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        std::optional<Error> caught;
        frameTry(
            [&] {
                if (kind == Trap::ThrowsWritten || kind == Trap::KillsWritten)
                    checkout->call(makeTrap, kind, [](const Trap &) { });
                else
                    checkout->call(takeTrap, Trap{kind}, [](int) { });
            },
            [&caught](const Error &error) { caught = error; });
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->isFatal(), isFatal);
        if (isFatal)
            QCOMPARE(caught->code(), Error::WorkerLost);
        else
            QCOMPARE(Test::pidOf(checkout), pid);
        checkout.reset();
        QVERIFY(Test::pidOf(client.checkout()) > 0);
    }

    void row44_numbers_data()
    {
        QTest::addColumn<QVariant>("number");
        QTest::newRow("2^53 + 1") << QVariant((qint64(1) << 53) + 1);
        QTest::newRow("the least") << QVariant(std::numeric_limits<qint64>::min());
        QTest::newRow("the most") << QVariant(std::numeric_limits<qint64>::max());
        QTest::newRow("the most without a sign") << QVariant(std::numeric_limits<quint64>::max());
        QTest::newRow("0.1") << QVariant(0.1);
        QTest::newRow("-0") << QVariant(-0.0);
        QTest::newRow("the largest") << QVariant(std::numeric_limits<double>::max());
        QTest::newRow("the smallest") << QVariant(std::numeric_limits<double>::denorm_min());
        QTest::newRow("infinity") << QVariant(std::numeric_limits<double>::infinity());
        QTest::newRow("NaN") << QVariant(std::numeric_limits<double>::quiet_NaN());
    }
    // Exactly what was sent comes back, or an error says that it cannot.
    void row44_numbers()
    {
        QFETCH(QVariant, number);
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const Test::Outcome outcome = Test::call(client.checkout(), "echo", QVariantList{number});
        const bool isFloating = number.typeId() == QMetaType::Double;
        if (!Test::isNative() && isFloating && !std::isfinite(number.toDouble())) {
            QVERIFY(outcome.error);
            QCOMPARE(outcome.error->code(), Error::BadArguments);
            return;
        }
        QVERIFY2(outcome.result, outcome.error ? qPrintable(outcome.error->message()) : "");
        if (!isFloating) {
            QCOMPARE(outcome.result->toString(), number.toString());
            return;
        }
        const double expected = number.toDouble();
        const double actual = outcome.result->toDouble();
        QVERIFY(std::isnan(expected) ? std::isnan(actual) : actual == expected);
        QCOMPARE(std::signbit(actual), std::signbit(expected));
    }
};

PREFORK_TEST_MAIN(FaultsValuesTest, fill)
#include "tst_faults_values.moc"
