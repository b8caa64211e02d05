// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>

#include <QtCore/QPoint>

#include <limits>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

struct Opaque
{
    int value = 0;
};

QVariant nested(int levels)
{
    QVariantList list;
    for (int i = 1; i < levels; ++i)
        list = QVariantList{QVariant(list)};
    return list;
}

template <class T>
void throws(Interface &interface, const char *name, const T &what)
{
    interface.add(name, [what](const QVariantList &) -> QVariant { throw what; });
}

void fill(Interface &interface)
{
    Test::addBasics(interface);
    throws(interface, "throwsError", Error("out of hay", QVariantMap{{"left", 0}, {"stable", QVariantList{1, "two"}}}));
    throws(interface, "throwsStandard", std::runtime_error("standard \u03bb"));
    throws(interface, "throwsString", QString("a QString"));
    throws(interface, "throwsBytes", QByteArray("a QByteArray"));
    throws<const char *>(interface, "throwsLiteral", "a literal");
    throws(interface, "throwsStdString", std::string("a std::string"));
    throws(interface, "throwsALine", Error("a line\n"));
    throws(interface, "throwsLines", std::runtime_error("a line\n\nand another\n\n"));
    throws(interface, "throwsANewline", Error("\n"));
    throws(interface, "throwsInt", 42);
    throws(interface, "throwsEmpty", Error(QString()));
    throws(interface, "throwsHalfACharacter", Error(QString("a") + QChar(0xd800) + "b"));
    throws(interface, "throwsFatalCode", Error(Error::Timeout, "not really"));
    throws(interface, "throwsBadArguments", Error(Error::BadArguments, "no such stable"));
    throws(interface, "throwsUnsendableData", Error("with data", QVariant::fromValue(Opaque())));
    interface.add("object",
                  [](const QVariantList &) { return QVariant::fromValue<QObject *>(QThread::currentThread()); });
    interface.add("opaque", [](const QVariantList &) { return QVariant::fromValue(Opaque()); });
    interface.add("inAList",
                  [](const QVariantList &) { return QVariant(QVariantList{1, QVariant::fromValue(Opaque())}); });
    interface.add("notANumber",
                  [](const QVariantList &) { return QVariant(std::numeric_limits<double>::quiet_NaN()); });
    interface.add("infinity", [](const QVariantList &) { return QVariant(std::numeric_limits<double>::infinity()); });
    interface.add("loneSurrogate", [](const QVariantList &) { return QVariant(QString(QChar(0xd800))); });
    interface.add("tooDeep", [](const QVariantList &) { return nested(600); });
    interface.add("tooLong", [](const QVariantList &) { return QVariant(QString(1100000, 'x')); });
}

}

Q_DECLARE_METATYPE(Opaque)

/// After each of these errors the same worker goes on.
class TaskErrorsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.reuseAfterError = true});
        m_checkout = m_client->checkout();
        m_pid = Test::pidOf(m_checkout);
    }
    void cleanup() { QCOMPARE(Test::pidOf(m_checkout), m_pid); }
    void cleanupTestCase()
    {
        m_checkout.reset();
        m_client.reset();
    }

    void t19_whatAMethodThrowsIsTheErrorOfItsCall_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QString>("message");
        QTest::newRow("an Error") << "throwsError"
                                  << "out of hay";
        QTest::newRow("a std::exception") << "throwsStandard"
                                          << "standard \u03bb";
        QTest::newRow("a QString") << "throwsString"
                                   << "a QString";
        QTest::newRow("a QByteArray") << "throwsBytes"
                                      << "a QByteArray";
        QTest::newRow("a literal") << "throwsLiteral"
                                   << "a literal";
        QTest::newRow("a std::string") << "throwsStdString"
                                       << "a std::string";
        QTest::newRow("an empty Error") << "throwsEmpty"
                                        << "";
        // Perl's die adds where it was unless the text ends with a newline, so that one means something.
        QTest::newRow("a line") << "throwsALine"
                                << "a line\n";
        QTest::newRow("lines") << "throwsLines"
                               << "a line\n\nand another\n\n";
        QTest::newRow("a newline") << "throwsANewline"
                                   << "\n";
    }
    void t19_whatAMethodThrowsIsTheErrorOfItsCall()
    {
        QFETCH(QString, method);
        QFETCH(QString, message);
        const Error error = failure(m_checkout, method);
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(), message);
        QCOMPARE(error.method(), method);
        QVERIFY(!error.isFatal());
    }
    void t19_anythingElseIsAnErrorWithAText()
    {
        const Error error = failure(m_checkout, "throwsInt");
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY(!error.message().isEmpty());
    }
    // The original's `die {…}` replaces the text; an Error has both.
    void t19_aStructureComesAlong()
    {
        const Error error = failure(m_checkout, "throwsError");
        QCOMPARE(error.data(), QVariant(QVariantMap{{"left", 0}, {"stable", QVariantList{1, "two"}}}));
        QVERIFY(!failure(m_checkout, "throwsString").data().isValid());
    }
    void t19_aCodeThatIsTheClientsToGiveDoesNotCross()
    {
        const Error error = failure(m_checkout, "throwsFatalCode");
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(), "not really");
        QCOMPARE(failure(m_checkout, "throwsBadArguments").code(), Error::BadArguments);
    }
    void t19_aTextIsNotLostWithItsData()
    {
        const Error error = failure(m_checkout, "throwsUnsendableData");
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY2(error.message().contains("with data"), qPrintable(error.message()));
    }

    void t19_aTextThatIsNotUnicodeIsMadeSo()
    {
        const Error error = failure(m_checkout, "throwsHalfACharacter");
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY(error.message().startsWith('a') && error.message().endsWith('b'));
    }

    // `interface returned object: CLASS` there.
    void t20_anObjectIsNoResult_data()
    {
        QTest::addColumn<QString>("method");
        unsendable({"object", "opaque"});
    }
    void t20_anObjectIsNoResult() { verifyUnsendable(); }
    void t21_whatTheProtocolCannotCarryIsNoResult_data()
    {
        QTest::addColumn<QString>("method");
        unsendable({"inAList", "tooDeep", "tooLong"});
        if (!Test::isNative())
            unsendable({"notANumber", "infinity", "loneSurrogate"});
    }
    void t21_whatTheProtocolCannotCarryIsNoResult() { verifyUnsendable(); }

private:
    static void unsendable(const QStringList &methods)
    {
        for (const QString &method : methods)
            QTest::addRow("%s", qPrintable(method)) << method;
    }
    void verifyUnsendable()
    {
        QFETCH(QString, method);
        const Error error = failure(m_checkout, method);
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY2(error.message().startsWith(QStringLiteral("the result cannot be sent: ")),
                 qPrintable(error.message()));
    }

    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
    qint64 m_pid = 0;
};

PREFORK_TEST_MAIN(TaskErrorsTest, fill, {.maxMessageSize = 1000000})
#include "tst_task_errors.moc"
