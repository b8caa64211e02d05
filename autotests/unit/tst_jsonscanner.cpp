// SPDX-License-Identifier: MIT
#include "wire/jsonscanner_p.h"

#include <QtTest/QTest>

using namespace Prefork::Wire;

class TestJsonScanner : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cutsTheSameHoweverTheBytesArrive_data();
    void cutsTheSameHoweverTheBytesArrive();
    void givesUpAsEarlyAsTheBytesAllow_data();
    void givesUpAsEarlyAsTheBytesAllow();
    void acceptsExactlyTheLimit();
    void acceptsExactlyThePadding();
    void holdsNoMoreThanTheLimit();
    void acceptsExactlyTheDepth();
    void staysBroken();
};

namespace {

QByteArrayList cut(JsonScanner &scanner)
{
    QByteArrayList messages;
    QByteArrayView message;
    while (scanner.next(&message) == Decoded::Message)
        messages.append(message.toByteArray());
    return messages;
}

}

void TestJsonScanner::cutsTheSameHoweverTheBytesArrive_data()
{
    QTest::addColumn<QByteArray>("stream");
    QTest::addColumn<QByteArrayList>("messages");
    using List = QByteArrayList;
    QTest::newRow("one") << QByteArray("[1]") << List{"[1]"};
    QTest::newRow("two") << QByteArray("[1][2]") << List{"[1]", "[2]"};
    QTest::newRow("space between") << QByteArray(" [1]\r\n\t[2] ") << List{"[1]", "[2]"};
    QTest::newRow("nested") << QByteArray(R"([[{"a":[]}],{}][])") << List{R"([[{"a":[]}],{}])", "[]"};
    QTest::newRow("brackets in strings") << QByteArray(R"(["]}[{"]["x"])") << List{R"(["]}[{"])", R"(["x"])"};
    QTest::newRow("escapes") << QByteArray(R"(["\"]","\\"]["\\\"["])") << List{R"(["\"]","\\"])", R"(["\\\"["])"};
    QTest::newRow("unfinished rest") << QByteArray(R"([1][2,"]")") << List{"[1]"};
}

void TestJsonScanner::cutsTheSameHoweverTheBytesArrive()
{
    QFETCH(QByteArray, stream);
    QFETCH(QByteArrayList, messages);
    for (qsizetype piece = 1; piece <= stream.size(); ++piece) {
        JsonScanner scanner;
        QByteArrayList found;
        for (qsizetype at = 0; at < stream.size(); at += piece) {
            scanner.feed(QByteArrayView(stream).sliced(at, std::min(piece, stream.size() - at)));
            found += cut(scanner);
        }
        QCOMPARE(found, messages);
        QVERIFY(scanner.errorString().isEmpty());
    }
}

void TestJsonScanner::givesUpAsEarlyAsTheBytesAllow_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("error");
    QTest::newRow("object") << QByteArray("{") << QStringLiteral("message is not a JSON array: it starts with '{'");
    QTest::newRow("text after a message")
        << QByteArray("[]x") << QStringLiteral("message is not a JSON array: it starts with 'x'");
    QTest::newRow("byte-order mark") << QByteArray("\xef\xbb\xbf[]")
                                     << QStringLiteral("message is not a JSON array: it starts with byte 0xef");
    QTest::newRow("mismatch") << QByteArray("[{]") << QStringLiteral("malformed JSON: ']' where '}' was due");
    QTest::newRow("closing first") << QByteArray("]")
                                   << QStringLiteral("message is not a JSON array: it starts with ']'");
}

void TestJsonScanner::givesUpAsEarlyAsTheBytesAllow()
{
    QFETCH(QByteArray, bytes);
    JsonScanner scanner;
    scanner.feed(bytes);
    cut(scanner);
    QTEST(scanner.errorString(), "error");
}

void TestJsonScanner::acceptsExactlyTheLimit()
{
    for (const qsizetype excess : {0, 1}) {
        JsonScanner scanner(10);
        scanner.feed("   [\"" + QByteArray(6 + excess, 'x') + "\"]");
        QByteArrayView message;
        QCOMPARE(scanner.next(&message), excess ? Decoded::Broken : Decoded::Message);
    }
}

void TestJsonScanner::acceptsExactlyThePadding()
{
    JsonScanner scanner(100, 3);
    scanner.feed(" \r\n[1]\t\t\t[2]   ");
    QCOMPARE(cut(scanner), (QByteArrayList{"[1]", "[2]"}));
    scanner.feed(" [3]");
    QByteArrayView message;
    QCOMPARE(scanner.next(&message), Decoded::Broken);
    QVERIFY(scanner.errorString().contains(QStringLiteral("more than 3 bytes of white space")));

    JsonScanner patient(100);
    patient.feed(QByteArray(1000, ' ') + "[1]");
    QCOMPARE(cut(patient), QByteArrayList{"[1]"});
}

void TestJsonScanner::holdsNoMoreThanTheLimit()
{
    JsonScanner scanner(1000);
    QByteArrayView message;
    scanner.feed("[\"");
    QCOMPARE(scanner.next(&message), Decoded::Nothing);
    scanner.feed(QByteArray(1000, 'x'));
    QCOMPARE(scanner.next(&message), Decoded::Broken);
    QCOMPARE(scanner.errorString(), QStringLiteral("message longer than the 1000 bytes of maxMessageSize"));
}

void TestJsonScanner::acceptsExactlyTheDepth()
{
    for (const int excess : {0, 1}) {
        JsonScanner scanner;
        const int depth = JsonScanner::MaxDepth + excess;
        scanner.feed(QByteArray(depth, '['));
        QByteArrayView message;
        QCOMPARE(scanner.next(&message), excess ? Decoded::Broken : Decoded::Nothing);
        if (excess)
            continue;
        scanner.feed(QByteArray(depth, ']'));
        QCOMPARE(scanner.next(&message), Decoded::Message);
    }
}

void TestJsonScanner::staysBroken()
{
    JsonScanner scanner;
    QByteArrayView message;
    scanner.feed("x");
    QCOMPARE(scanner.next(&message), Decoded::Broken);
    scanner.feed("[1]");
    QCOMPARE(scanner.next(&message), Decoded::Broken);
}

QTEST_APPLESS_MAIN(TestJsonScanner)
#include "tst_jsonscanner.moc"
