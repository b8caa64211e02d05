// SPDX-License-Identifier: MIT
#include "wire/goodbye_p.h"

#include <QtCore/QCborArray>
#include <QtCore/QCborMap>
#include <QtCore/QCborValue>
#include <QtTest/QTest>

using namespace Prefork::Wire;

class TestGoodbye : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyByteIsWhereItBelongs()
    {
        const QByteArray bytes = goodbye(GoodbyeReason::Hung, QStringLiteral("hi"), Q_UINT64_C(0x0102030405060708));
        QCOMPARE(bytes.toHex(' '),
                 QByteArray("00 00 00 16 07 00 00 00 01 02 03 04 05 06 07 08 "
                            "a2 65 63 61 75 73 65 62 68 69 66 72 65 61 73 6f 6e 64 68 75 6e 67"));
    }
    void itNamesTheCallsThatHaveBegun()
    {
        const QByteArray bytes = goodbye(GoodbyeReason::Died, {}, 300, {23, 24, 300});
        const QCborMap payload = QCborValue::fromCbor(bytes.sliced(16)).toMap();
        QCOMPARE(payload.value(QStringLiteral("begun")), QCborValue(QCborArray({23, 24, 300})));
        QCOMPARE(payload.size(), 3);
        const QByteArray most = goodbye(GoodbyeReason::Died, {}, 100, std::vector<quint64>(70, 1));
        QCOMPARE(QCborValue::fromCbor(most.sliced(16)).toMap().value(QStringLiteral("begun")).toArray().size(), 64);
    }
    void thePayloadIsAMapWithCauseAndReason_data()
    {
        QTest::addColumn<int>("reason");
        QTest::addColumn<QString>("name");
        QTest::newRow("died") << int(GoodbyeReason::Died) << QStringLiteral("died");
        QTest::newRow("hung") << int(GoodbyeReason::Hung) << QStringLiteral("hung");
        QTest::newRow("abandoned") << int(GoodbyeReason::Abandoned) << QStringLiteral("abandoned");
        QTest::newRow("room") << int(GoodbyeReason::Room) << QString(RoomReason);
        QTest::newRow("retired") << int(GoodbyeReason::Retired) << QStringLiteral("retired");
        QTest::newRow("unspawned") << int(GoodbyeReason::Unspawned) << QStringLiteral("unspawned");
    }
    void thePayloadIsAMapWithCauseAndReason()
    {
        QFETCH(int, reason);
        QFETCH(QString, name);
        const QString cause = QStringLiteral("wurde müde ") + QString(400, u'…');
        const QByteArray bytes = goodbye(GoodbyeReason(reason), cause, 0);
        QCOMPARE(bytes.first(16).toHex(),
                 QByteArray::number(bytes.size() - 16, 16).rightJustified(8, '0') + "070000000000000000000000");
        QCborParserError error;
        const QCborValue payload = QCborValue::fromCbor(bytes.sliced(16), &error);
        QCOMPARE(error.error, QCborError::NoError);
        QCOMPARE(payload.toMap(), QCborMap({{QStringLiteral("cause"), cause}, {QStringLiteral("reason"), name}}));
    }
    void withoutAWorkerTheHelloIsAnsweredFirst()
    {
        const QString cause = QStringLiteral("fork failed");
        QCOMPARE(goodbyeInsteadOfHello(GoodbyeReason::Unspawned, cause),
                 "Q]PF" + goodbye(GoodbyeReason::Unspawned, cause, 0));
        QCOMPARE(goodbyeInsteadOfHello(GoodbyeReason::Unspawned, cause).front(), NativeHelloByte);
    }
};

QTEST_APPLESS_MAIN(TestGoodbye)
#include "tst_goodbye.moc"
