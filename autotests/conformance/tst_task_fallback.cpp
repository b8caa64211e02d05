// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>

using namespace Prefork;
using Test::answer;

namespace {

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.fallback([](const QString &method, const QVariantList &arguments) -> QVariant {
        if (method == u"explode")
            throw std::runtime_error("bang");
        return QVariantList{method.isNull() ? QVariant::fromValue(nullptr) : QVariant(method), QVariant(arguments)};
    });
}

QVariant caught(const QVariant &method, const QVariantList &arguments)
{
    return QVariantList{method, QVariant(arguments)};
}

}

/// A catch-all is what the original calls a coderef. There the callback's place and a scalar context matter; here
/// nothing does.
class TaskFallbackTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote());
        m_checkout = m_client->checkout();
    }
    void cleanup()
    {
        m_checkout.reset();
        m_client.reset();
    }

    void t3_aMethodCallArrivesWithItsName()
    {
        QCOMPARE(answer(m_checkout, "anything", {1, "two"}), caught("anything", {1, "two"}));
        QCOMPARE(answer(m_checkout, "", {1}), caught("", {1}));
    }
    void t3_aFunctionCallArrivesWithoutAName_data()
    {
        QTest::addColumn<QVariantList>("arguments");
        QTest::newRow("numbers") << QVariantList{1, 2};
        QTest::newRow("none") << QVariantList();
        QTest::newRow("null") << QVariantList{QVariant::fromValue(nullptr)};
        QTest::newRow("a list") << QVariantList{QVariant(QVariantList{1})};
    }
    void t3_aFunctionCallArrivesWithoutAName()
    {
        QFETCH(QVariantList, arguments);
        QVariant result;
        m_checkout->callFunction(Arguments(arguments), [&](const QVariant &value) { result = value; });
        WAIT_COMPARE(result, caught(QVariant::fromValue(nullptr), arguments));
    }
    // On the wire nothing tells the two apart: a first argument that is a string is taken for a name.
    void t3_aFunctionCallThatBeginsWithAStringLooksLikeAMethod()
    {
        QVariant result;
        m_checkout->callFunction({"first", 2}, [&](const QVariant &value) { result = value; });
        WAIT_COMPARE(result, caught("first", {2}));
    }
    void t3_methodsOfTheirOwnComeFirst() { QCOMPARE(answer(m_checkout, "echo", {"x"}), QVariant("x")); }
    void t3_whatItThrowsIsTheErrorOfTheCall()
    {
        const Error error = Test::failure(m_checkout, "explode");
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(), "bang");
        QCOMPARE(error.method(), "explode");
    }
    // No name is reserved: those of the original's own methods go to the worker as any other.
    void t51_anyNameCanBeCalled()
    {
        for (const char *const name :
             {"throw_fatal_error", "DESTROY", "_private", "can", "release", "with space", "\u03bb"})
            QCOMPARE(answer(m_checkout, name), caught(name, {}));
    }

private:
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
};

PREFORK_TEST_MAIN(TaskFallbackTest, fill)
#include "tst_task_fallback.moc"
