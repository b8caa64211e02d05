// SPDX-License-Identifier: MIT
// Retells args.t: arguments, results and errors pass unharmed between client and worker, with or without a method's
// name.
#include "helpers/retold.h"

using namespace Prefork;

namespace {

// The original's worker function: what it was given, the method's name first if there is one.
void fill(Interface &interface)
{
    interface.fallback([](const QString &method, const QVariantList &arguments) -> QVariant {
        if (method == "error")
            throw Error("ERR: " + arguments.value(0).toString());
        return method.isNull() ? arguments : QVariantList{method} + arguments;
    });
}

}

class RetoldArgs : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }
    void init() { m_client = makeClient({.name = "MY CLIENT", .maxWorkers = 1}); }
    void cleanup() { m_client.reset(); }

    void structuresAndUnicodePassUnharmed()
    {
        const QVariantMap map{{"three", 3}, {"\u03bb", "\U0001d1da"}};
        std::optional<QVariantList> result;
        m_client->checkout()->callFunction({1, QVariantList{2}, map},
                                           [&](const QVariant &value) { result = value.toList(); });
        WAIT_FOR(result.has_value());
        QCOMPARE(result->size(), 3);
        QCOMPARE(result->at(0), QVariant(1));
        QCOMPARE(result->at(1), QVariant(QVariantList{2}));
        QCOMPARE(result->at(2), QVariant(map));
        QCOMPARE(result->at(2).toMap().value("\u03bb").toString().toUcs4(), QList<uint>{0x1d1da});
    }
    void aMethodsNameComesFirst()
    {
        QCOMPARE(Test::answer(m_client->checkout(), "some_method", {1}), QVariant(QVariantList{"some_method", 1}));
    }
    void anErrorReachesTheFrameOfTheCallback()
    {
        QStringList caught;
        int results = 0;
        auto callback = frame(
            {.name = "callback"}, [&results] { ++results; },
            [&caught](const Error &error) { caught.append(error.message()); });
        m_client->checkout()->call("error", {"please"}, callback);
        WAIT_COMPARE(caught, QStringList("ERR: please"));
        QCOMPARE(results, 0);
    }
    void anErrorReachesTheFrameTheCallWasMadeIn()
    {
        std::optional<Error> caught;
        int results = 0;
        frameTry([&] { m_client->checkout()->call("error", {"again"}, [&results] { ++results; }); },
                 [&caught](const Error &error) { caught = error; });
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->message(), "ERR: again");
        QVERIFY2(caught->backTrace().contains("MY CLIENT -> error"), qPrintable(caught->backTrace()));
        QCOMPARE(results, 0);
    }
    // The original makes all its calls at once, on checkouts that it does not keep.
    void temporaryCheckoutsAreAllServed()
    {
        Test::Journal journal;
        for (const char *const name : {"first", "error", "last"})
            journal.call(m_client->checkout(), name, name, {"x"});
        WAIT_COMPARE(journal.entries(), QStringList({"first=", "error!ERR: x", "last="})); // a list has no text
    }

private:
    std::unique_ptr<Client> m_client;
};

PREFORK_RETOLD_MAIN(RetoldArgs, fill)
#include "tst_retold_args.moc"
