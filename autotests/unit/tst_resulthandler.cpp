// SPDX-License-Identifier: MIT
#include <QtPrefork/resulthandler.h>

#include <QtTest/QTest>

#include <memory>

using namespace Prefork;

namespace {

struct Receiver : QObject
{
    void take(const QString &text) { taken = text; }
    QString taken;
};

void freeFunction(const QString &)
{
}

void deliver(const std::unique_ptr<detail::ResultHandler> &handler, const QVariant &value)
{
    QVERIFY(handler->accept(value));
    handler->deliver();
}

}

class TestResultHandler : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aNullFunctionIsNoCallback();
    void aResultIsMadeToFit();
    void aResultIsReadFromCbor();
    void aResultThatDoesNotFitIsRefused();
    void callbacksTakeWhatTheyLike();
    void aDestroyedContextDropsTheCallback();
    void aFubBringsItsFrame();
};

void TestResultHandler::aNullFunctionIsNoCallback()
{
    QVERIFY(detail::isNullFunction(std::function<void()>()));
    QVERIFY(detail::isNullFunction(static_cast<void (*)()>(nullptr)));
    QVERIFY(detail::isNullFunction(static_cast<void (Receiver::*)(const QString &)>(nullptr)));
    QVERIFY(!detail::isNullFunction(std::function<void()>([] {})));
    QVERIFY(!detail::isNullFunction(&freeFunction));
    QVERIFY(!detail::isNullFunction(&Receiver::take));
    QVERIFY(!detail::isNullFunction([] {}));
    deliver(detail::makeHandler<QString>(std::function<void(QString)>()), QStringLiteral("nobody"));
    deliver(detail::makeHandler<QString>(nullptr), QStringLiteral("nobody"));
}

void TestResultHandler::aResultIsMadeToFit()
{
    const auto number = detail::makeHandler<int>();
    QVERIFY(number->accept(QStringLiteral("7")));
    QCOMPARE(number->result(), QVariant(7));
    const auto list = detail::makeHandler<QList<int>>();
    QVERIFY(list->accept(QVariantList{1, 2}));
    QCOMPARE(list->result().value<QList<int>>(), (QList<int>{1, 2}));
    QVERIFY(detail::makeHandler<void>()->accept(QVariantMap{}));
    QVERIFY(detail::makeHandler<QVariant>()->accept(QVariantMap{}));
}

void TestResultHandler::aResultIsReadFromCbor()
{
    QByteArray bytes;
    detail::CborWriter writer(&bytes);
    writer.writeText(u"7");
    writer.finish();
    const auto number = detail::makeHandler<int>();
    detail::CborReader asNumber(bytes);
    QVERIFY(number->read(asNumber));
    QCOMPARE(number->result(), QVariant(7));
    detail::CborReader asList(bytes);
    QVERIFY(!detail::makeHandler<QList<int>>()->read(asList));
    detail::CborReader asNothing(bytes);
    QVERIFY(detail::makeHandler<void>()->read(asNothing));
}

void TestResultHandler::aResultThatDoesNotFitIsRefused()
{
    for (QVariant value : {QVariant(QStringLiteral("seven")), QVariant(), QVariant(QVariantList{7}), QVariant(7.5)})
        QVERIFY(!detail::makeHandler<int>()->accept(value));
}

void TestResultHandler::callbacksTakeWhatTheyLike()
{
    const QVariant result = QStringLiteral("secret");
    int calls = 0;
    deliver(detail::makeHandler<QString>([&](const QString &text) { calls += text == result.toString(); }), result);
    deliver(detail::makeHandler<QString>([&](QString text) { calls += text == result.toString(); }), result);
    deliver(detail::makeHandler<QString>([&](const QVariant &value) { calls += value == result; }), result);
    deliver(detail::makeHandler<QString>([&] { ++calls; }), result);
    deliver(detail::makeHandler<QString>([&calls, owned = std::make_unique<int>(1)](const QString &) { calls += *owned; }), result);
    deliver(detail::makeHandler<void>([&] { ++calls; }), {});
    QCOMPARE(calls, 6);
}

void TestResultHandler::aDestroyedContextDropsTheCallback()
{
    auto receiver = std::make_unique<Receiver>();
    int calls = 0;
    const auto member = detail::makeHandler<QString>(receiver.get(), &Receiver::take);
    const auto lambda = detail::makeHandler<QString>(receiver.get(), [&calls](const QString &) { ++calls; });
    deliver(member, QStringLiteral("first"));
    deliver(lambda, QStringLiteral("first"));
    QCOMPARE(receiver->taken, QStringLiteral("first"));
    receiver.reset();
    deliver(member, QStringLiteral("second"));
    deliver(lambda, QStringLiteral("second"));
    QCOMPARE(calls, 1);
}

void TestResultHandler::aFubBringsItsFrame()
{
    const auto callback = fub([](const QString &) {});
    QCOMPARE(detail::makeHandler<QString>(callback)->ownFrame(), callback.frame());
    QVERIFY(detail::makeHandler<QString>([](const QString &) {})->ownFrame().isNull());
}

QTEST_APPLESS_MAIN(TestResultHandler)
#include "tst_resulthandler.moc"
