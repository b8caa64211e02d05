// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/resulthandler.h>

#include <QtCore/QThread>
#include <QtTest/QTest>

#include <functional>
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
    void aWrapperOfAFubTellsWhatItHolds();
    void aContextElsewhereIsNoticed();
};

void TestResultHandler::aNullFunctionIsNoCallback()
{
    QVERIFY(detail::isNullFunction(std::function<void()>()));
    QVERIFY(detail::isNullFunction(static_cast<void (*)()>(nullptr)));
    QVERIFY(detail::isNullFunction(static_cast<void (Receiver::*)(const QString &)>(nullptr)));
    QVERIFY(!detail::isNullFunction(std::function<void()>([] { })));
    QVERIFY(!detail::isNullFunction(&freeFunction));
    QVERIFY(!detail::isNullFunction(&Receiver::take));
    QVERIFY(!detail::isNullFunction([] { }));
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
    deliver(
        detail::makeHandler<QString>([&calls, owned = std::make_unique<int>(1)](const QString &) { calls += *owned; }),
        result);
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
    const auto callback = fub([](const QString &) { });
    QCOMPARE(detail::makeHandler<QString>(callback)->ownFrame(), callback.frame());
    QVERIFY(detail::makeHandler<QString>([](const QString &) { })->ownFrame().isNull());
    Receiver receiver;
    QCOMPARE(detail::makeHandler<QString>(&receiver, callback)->ownFrame(), callback.frame());
}

void TestResultHandler::aWrapperOfAFubTellsWhatItHolds()
{
    const auto callback = fub([](const QString &) { });
    std::function<void(QString)> kept = callback;
    Receiver receiver;
    const auto isHeld = [frame = callback.frame()](const std::unique_ptr<detail::ResultHandler> &handler) {
        return handler->ownFrame().isNull() && handler->heldFrame() == frame;
    };
    QVERIFY(isHeld(detail::makeHandler<QString>(kept)));
    QVERIFY(isHeld(detail::makeHandler<QString>(std::function<void(QString)>(kept))));
    QVERIFY(isHeld(detail::makeHandler<QString>(&receiver, kept)));
    QVERIFY(isHeld(detail::makeHandler<QString>(&receiver, std::move(kept))));
    QVERIFY(isHeld(detail::makeHandler<QString>([callback](const QString &text) { callback(text); })));
    // Its captures say that they can be copied, and cannot.
    std::vector<std::unique_ptr<int>> uncopyable;
    QVERIFY(isHeld(detail::makeHandler<QString>(
        [callback, owned = std::move(uncopyable)](const QString &text) { callback(text); })));
    QVERIFY(detail::makeHandler<QString>([](const QString &) { })->heldFrame().isNull());
}

void TestResultHandler::aContextElsewhereIsNoticed()
{
    Receiver here;
    Receiver elsewhere;
    QThread other;
    elsewhere.moveToThread(&other);
    const auto lambda = [](const QString &) { };
    QVERIFY(!detail::makeHandler<QString>(lambda)->hasContext());
    for (Receiver *const receiver : {&here, &elsewhere}) {
        const std::unique_ptr<detail::ResultHandler> handlers[]
            = {detail::makeHandler<QString>(receiver, lambda), detail::makeHandler<QString>(receiver, &Receiver::take),
               detail::makeHandler<QString>(fub(receiver, &Receiver::take)),
               detail::makeHandler<QString>(&here, fub(receiver, lambda)),
               detail::makeHandler<QString>(frameSlot(receiver, lambda))};
        for (const auto &handler : handlers) {
            QVERIFY(handler->hasContext());
            QCOMPARE(handler->isContextElsewhere(), receiver == &elsewhere);
        }
    }
    QVERIFY(!detail::makeHandler<QString>(static_cast<Receiver *>(nullptr), lambda)->isContextElsewhere());
}

QTEST_APPLESS_MAIN(TestResultHandler)
#include "tst_resulthandler.moc"
