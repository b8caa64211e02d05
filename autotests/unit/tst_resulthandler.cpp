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

}

class TestResultHandler : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aNullFunctionIsNoCallback();
    void aResultIsMadeToFit();
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
    detail::makeHandler<QString>(std::function<void(QString)>())->deliver(QStringLiteral("nobody"));
    detail::makeHandler<QString>(nullptr)->deliver(QStringLiteral("nobody"));
}

void TestResultHandler::aResultIsMadeToFit()
{
    QVariant number = QStringLiteral("7");
    QVERIFY(detail::makeHandler<int>()->coerce(&number));
    QCOMPARE(number, QVariant(7));
    QVariant list = QVariantList{1, 2};
    QVERIFY(detail::makeHandler<QList<int>>()->coerce(&list));
    QCOMPARE(list.value<QList<int>>(), (QList<int>{1, 2}));
    QVariant anything = QVariantMap{};
    QVERIFY(detail::makeHandler<void>()->coerce(&anything));
    QVERIFY(detail::makeHandler<QVariant>()->coerce(&anything));
}

void TestResultHandler::aResultThatDoesNotFitIsRefused()
{
    for (QVariant value : {QVariant(QStringLiteral("seven")), QVariant(), QVariant(QVariantList{7}), QVariant(7.5)})
        QVERIFY(!detail::makeHandler<int>()->coerce(&value));
}

void TestResultHandler::callbacksTakeWhatTheyLike()
{
    const QVariant result = QStringLiteral("secret");
    int calls = 0;
    detail::makeHandler<QString>([&](const QString &text) { calls += text == result.toString(); })->deliver(result);
    detail::makeHandler<QString>([&](QString text) { calls += text == result.toString(); })->deliver(result);
    detail::makeHandler<QString>([&](const QVariant &value) { calls += value == result; })->deliver(result);
    detail::makeHandler<QString>([&] { ++calls; })->deliver(result);
    detail::makeHandler<QString>([&calls, owned = std::make_unique<int>(1)](const QString &) { calls += *owned; })->deliver(result);
    detail::makeHandler<void>([&] { ++calls; })->deliver({});
    QCOMPARE(calls, 6);
}

void TestResultHandler::aDestroyedContextDropsTheCallback()
{
    auto receiver = std::make_unique<Receiver>();
    int calls = 0;
    const auto member = detail::makeHandler<QString>(receiver.get(), &Receiver::take);
    const auto lambda = detail::makeHandler<QString>(receiver.get(), [&calls](const QString &) { ++calls; });
    member->deliver(QStringLiteral("first"));
    lambda->deliver(QStringLiteral("first"));
    QCOMPARE(receiver->taken, QStringLiteral("first"));
    receiver.reset();
    member->deliver(QStringLiteral("second"));
    lambda->deliver(QStringLiteral("second"));
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
