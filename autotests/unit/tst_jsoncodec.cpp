// SPDX-License-Identifier: MIT
#include "wire/jsoncodec_p.h"
#include "wire/jsonstrict_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QJsonObject>
#include <QtCore/QPoint>
#include <QtCore/QUrl>
#include <QtTest/QTest>

#include <cmath>
#include <limits>
#include <random>

using namespace Prefork::Wire;

namespace {

constexpr qsizetype Limit = DefaultMaxMessageSize;

QByteArray callBytes(const QVariantList &items)
{
    QByteArray bytes;
    return JsonClientCodec(Limit).encodeCall(items, &bytes) ? QByteArray() : bytes;
}

}

class TestJsonCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesTheOriginalsBytes();
    void valuesCrossUnchanged_data();
    void valuesCrossUnchanged();
    void refusesWhatJsonCannotCarry_data();
    void refusesWhatJsonCannotCarry();
    void aFailedEncodingLeavesTheBufferAlone();
    void failuresCarryCodeAndData();
    void failuresCarryWhateverTheTextIs();
    void aStructureAsErrorIsKept();
    void workerRefuses_data();
    void workerRefuses();
    void clientRefuses_data();
    void clientRefuses();
    void complaintsHoldNothingThatForgesALog();
    void ignoresUnknownMetaAndExtraItems();
    void takesWhatOtherServersSay_data();
    void takesWhatOtherServersSay();
    void takesANullAsMeta();
    void refusesTooLongMessages();
    void isAsStrictAsTheStandard_data();
    void isAsStrictAsTheStandard();
    void randomBytesNeverDoHarm();
};

void TestJsonCodec::writesTheOriginalsBytes()
{
    QCOMPARE(callBytes({QStringLiteral("add"), 2, 3}), QByteArray(R"(["do",{},"add",2,3])"));
    QCOMPARE(callBytes({}), QByteArray(R"(["do",{}])"));
    QByteArray bytes;
    JsonClientCodec(Limit).encodeDone(&bytes);
    QCOMPARE(bytes, QByteArray(R"(["dn",{}])"));
    bytes.clear();
    QVERIFY(!JsonWorkerCodec(Limit).encodeResult(QVariant(), &bytes));
    QCOMPARE(bytes, QByteArray(R"(["ok",{},null])"));
}

void TestJsonCodec::valuesCrossUnchanged_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QVariant>("expected");
    const auto same = [](const char *name, const QVariant &value) { QTest::newRow(name) << value << value; };
    same("string", QStringLiteral("secret"));
    same("empty string", QString(QLatin1String("")));
    same("beyond the BMP", QString::fromUtf8("\xF0\x9D\x87\x9A \xCE\xBB"));
    same("controls", QString(QStringLiteral("a\0b\x1f\n\"\\").constData(), 7));
    same("bool", true);
    same("2^53+1", qlonglong(9007199254740993));
    same("least integer", std::numeric_limits<qlonglong>::min());
    same("greatest integer", std::numeric_limits<qlonglong>::max());
    same("double", 1.5e300);
    same("list", QVariantList{qlonglong(1), QStringLiteral("two"), QVariantList{}, QVariantMap{}});
    same("map", QVariantMap{{QStringLiteral("λ"), QVariantList{false}}});
    QTest::newRow("int") << QVariant(7) << QVariant(qlonglong(7));
    QTest::newRow("utf-8 bytes") << QVariant(QByteArray("\xCE\xBB")) << QVariant(QStringLiteral("λ"));
    QTest::newRow("string list") << QVariant(QStringList{QStringLiteral("a")}) << QVariant(QVariantList{QStringLiteral("a")});
    QTest::newRow("list of int") << QVariant::fromValue(QList<int>{1, 2}) << QVariant(QVariantList{qlonglong(1), qlonglong(2)});
    QTest::newRow("url") << QVariant(QUrl(QStringLiteral("http://a/b"))) << QVariant(QStringLiteral("http://a/b"));
    QTest::newRow("date") << QVariant(QDate(2026, 11, 21)) << QVariant(QStringLiteral("2026-11-21"));
}

void TestJsonCodec::valuesCrossUnchanged()
{
    QFETCH(QVariant, value);
    QFETCH(QVariant, expected);
    JsonWorkerCodec worker(Limit);
    worker.feed(callBytes({value}));
    Request request;
    QCOMPARE(worker.next(&request), Decoded::Message);
    QCOMPARE(request.items, QVariantList{expected});

    QByteArray bytes;
    QVERIFY(!worker.encodeResult(value, &bytes));
    JsonClientCodec client(Limit);
    client.feed(bytes);
    Reply reply;
    QCOMPARE(client.next(&reply), Decoded::Message);
    QCOMPARE(reply.kind, Reply::Result);
    QCOMPARE(reply.value, expected);
}

void TestJsonCodec::refusesWhatJsonCannotCarry_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("reason");
    QTest::newRow("NaN") << QVariant(std::nan("")) << QStringLiteral("JSON has no NaN");
    QTest::newRow("infinity") << QVariant(HUGE_VAL) << QStringLiteral("JSON has no infinity");
    QTest::newRow("2^64-1") << QVariant(std::numeric_limits<qulonglong>::max())
                            << QStringLiteral("the integer 18446744073709551615 does not fit 64 bits with a sign");
    QTest::newRow("binary") << QVariant(QByteArray("\xff")) << QStringLiteral("a QByteArray that is not UTF-8 text (send it as base64)");
    QTest::newRow("type") << QVariant(QPoint()) << QStringLiteral("a value of type QPoint");
    const QString half(QChar(0xd834));
    const QString why = QStringLiteral("a QString that is not Unicode text: half of a surrogate pair");
    QTest::newRow("half a pair") << QVariant(half) << why;
    QTest::newRow("half a pair in a key") << QVariant(QVariantMap{{half, 1}}) << why;
    QTest::newRow("half a pair in a QJsonArray") << QVariant(QJsonArray{half}) << why;
    QTest::newRow("NaN in a QJsonObject") << QVariant(QJsonObject{{QStringLiteral("n"), std::nan("")}})
                                          << QStringLiteral("JSON has no NaN");
    QTest::newRow("deep inside") << QVariant(QVariantMap{{QStringLiteral("a"), QVariantList{QPoint()}}})
                                 << QStringLiteral("a value of type QPoint");
}

void TestJsonCodec::refusesWhatJsonCannotCarry()
{
    QFETCH(QVariant, value);
    QFETCH(QString, reason);
    QByteArray bytes;
    QCOMPARE(JsonWorkerCodec(Limit).encodeResult(value, &bytes), std::optional(reason));
    QCOMPARE(JsonClientCodec(Limit).encodeCall({value}, &bytes), std::optional(reason));
    QVERIFY(bytes.isEmpty());
}

void TestJsonCodec::aFailedEncodingLeavesTheBufferAlone()
{
    QByteArray bytes("before");
    QVERIFY(JsonWorkerCodec(20).encodeResult(QString(100, u'x'), &bytes));
    QVERIFY(JsonClientCodec(20).encodeCall({QString(100, u'x')}, &bytes));
    QCOMPARE(bytes, QByteArray("before"));
}

void TestJsonCodec::failuresCarryCodeAndData()
{
    QByteArray bytes;
    JsonWorkerCodec(Limit).encodeFailure(QStringLiteral("no luck"), QStringLiteral("WorkerError"), QVariantMap{{QStringLiteral("a"), 1}},
                                         &bytes);
    QCOMPARE(bytes, QByteArray(R"(["er",{"code":"WorkerError","data":{"a":1}},"no luck"])"));
    JsonClientCodec client(Limit);
    client.feed(bytes);
    Reply reply;
    QCOMPARE(client.next(&reply), Decoded::Message);
    QCOMPARE(reply.kind, Reply::Failure);
    QCOMPARE(reply.failure.message, QStringLiteral("no luck"));
    QCOMPARE(reply.failure.code, QStringLiteral("WorkerError"));
    QCOMPARE(reply.failure.data, QVariant(QVariantMap{{QStringLiteral("a"), qlonglong(1)}}));
}

void TestJsonCodec::aStructureAsErrorIsKept()
{
    JsonClientCodec client(Limit);
    client.feed(R"(["er",{},{"code":42}])");
    Reply reply;
    QCOMPARE(client.next(&reply), Decoded::Message);
    QCOMPARE(reply.failure.message, QStringLiteral(R"({"code":42})"));
    QCOMPARE(reply.failure.data, QVariant(QVariantMap{{QStringLiteral("code"), qlonglong(42)}}));
}

void TestJsonCodec::failuresCarryWhateverTheTextIs()
{
    QByteArray bytes;
    JsonWorkerCodec(Limit).encodeFailure(QStringLiteral("no 'x") + QChar(0xd834), {}, {}, &bytes);
    JsonClientCodec client(Limit);
    client.feed(bytes);
    Reply reply;
    QCOMPARE(client.next(&reply), Decoded::Message);
    QVERIFY(reply.failure.message.startsWith(QStringLiteral("no 'x")));
}

void TestJsonCodec::complaintsHoldNothingThatForgesALog()
{
    JsonClientCodec client(Limit);
    client.feed("[\"x\\n\\u001b\\u009bforged" + QByteArray(100000, 'x') + "\",{},1]");
    Reply reply;
    QCOMPARE(client.next(&reply), Decoded::Broken);
    QVERIFY(client.errorString().contains(QStringLiteral("'x\\n\\x1b\\x9bforged")));
    QVERIFY(client.errorString().size() < 400);
}

void TestJsonCodec::workerRefuses_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("not JSON") << QByteArray(R"(["do",{},nope])");
    QTest::newRow("unknown command") << QByteArray(R"(["redo",{}])");
    QTest::newRow("a reply") << QByteArray(R"(["ok",{},1])");
    QTest::newRow("empty") << QByteArray("[]");
    QTest::newRow("number as command") << QByteArray("[1,{}]");
    QTest::newRow("no meta") << QByteArray(R"(["do"])");
    QTest::newRow("list as meta") << QByteArray(R"(["do",[],"x"])");
    QTest::newRow("not UTF-8") << QByteArray("[\"do\",{},\"\xff\"]");
    QTest::newRow("lone surrogate") << QByteArray(R"(["do",{},"\ud800"])");
}

void TestJsonCodec::workerRefuses()
{
    QFETCH(QByteArray, bytes);
    JsonWorkerCodec codec(Limit);
    codec.feed(R"(["dn",{}])" + bytes + R"(["dn",{}])");
    Request request;
    QCOMPARE(codec.next(&request), Decoded::Message);
    QCOMPARE(codec.next(&request), Decoded::Broken);
    QVERIFY(!codec.errorString().isEmpty());
    QCOMPARE(codec.next(&request), Decoded::Broken);
}

void TestJsonCodec::clientRefuses_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("unknown code") << QByteArray(R"(["zz",{},1])");
    QTest::newRow("a call") << QByteArray(R"(["do",{},"x"])");
    QTest::newRow("no value") << QByteArray(R"(["ok",{}])");
    QTest::newRow("object") << QByteArray(R"({"ok":1})");
    QTest::newRow("text") << QByteArray("not json");
}

void TestJsonCodec::clientRefuses()
{
    QFETCH(QByteArray, bytes);
    JsonClientCodec codec(Limit);
    codec.feed(bytes);
    Reply reply;
    QCOMPARE(codec.next(&reply), Decoded::Broken);
    QVERIFY(!codec.errorString().isEmpty());
}

void TestJsonCodec::ignoresUnknownMetaAndExtraItems()
{
    JsonClientCodec codec(Limit);
    codec.feed(R"(["ok",{"ld":{"start":1},"later":true},5,"more"])");
    Reply reply;
    QCOMPARE(codec.next(&reply), Decoded::Message);
    QCOMPARE(reply.value, QVariant(qlonglong(5)));
}

void TestJsonCodec::takesWhatOtherServersSay_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("isResult");
    QTest::newRow("null as meta") << QByteArray(R"(["ok",null,1])") << true;
    QTest::newRow("a list as meta") << QByteArray(R"(["ok",[],1])") << true;
    QTest::newRow("a number as meta") << QByteArray(R"(["ok",0,1])") << true;
    QTest::newRow("false as meta") << QByteArray(R"(["ok",false,1])") << true;
    QTest::newRow("a code that is no text") << QByteArray(R"(["er",{"code":42,"data":null},"1"])") << false;
    QTest::newRow("an error without meta") << QByteArray(R"(["er",null,"1"])") << false;
    QTest::newRow("an error with a list as meta") << QByteArray(R"(["er",[],1])") << false;
    QTest::newRow("lines") << QByteArray("\r\n[ \"ok\" ,\n\t{ } , 1 ]\n") << true;
    QTest::newRow("escapes") << QByteArray(R"(["\u006f\u006b",{},1])") << true;
    QTest::newRow("a fraction that is none") << QByteArray(R"(["ok",{},1.0e0])") << true;
}

void TestJsonCodec::takesWhatOtherServersSay()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, isResult);
    JsonClientCodec codec(Limit);
    codec.feed(bytes);
    Reply reply;
    QCOMPARE(codec.next(&reply), Decoded::Message);
    QCOMPARE(reply.kind, isResult ? Reply::Result : Reply::Failure);
    if (isResult)
        QCOMPARE(reply.value, QVariant(qlonglong(1)));
    else
        QCOMPARE(reply.failure.message, QStringLiteral("1"));
    QVERIFY(reply.failure.code.isEmpty());
    QVERIFY(!codec.hasRest());
}

void TestJsonCodec::takesANullAsMeta()
{
    JsonWorkerCodec codec(Limit);
    codec.feed(R"(["do",null,"x"]["dn",null])");
    Request request;
    QCOMPARE(codec.next(&request), Decoded::Message);
    QCOMPARE(request.items, QVariantList{QStringLiteral("x")});
    QCOMPARE(codec.next(&request), Decoded::Message);
    QCOMPARE(request.kind, Request::Done);
}

void TestJsonCodec::refusesTooLongMessages()
{
    JsonWorkerCodec codec(30);
    codec.feed(R"(["do",{},")" + QByteArray(30, 'x'));
    Request request;
    QCOMPARE(codec.next(&request), Decoded::Broken);
    QCOMPARE(codec.errorString(), QStringLiteral("message longer than 30 bytes"));
}

void TestJsonCodec::isAsStrictAsTheStandard_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("legal");
    const auto row = [](const char *text, bool legal) { QTest::newRow(text) << QByteArray(text) << legal; };
    for (const char *const text :
         {"[0,-0,10,1.5,-1e9,1E+2,0.1e-1]", R"(["\ud834\uddda","\u00e9\\","",{"1":[]}])", R"(["-.5 01"])", "[true,false,null]"})
        row(text, true);
    for (const char *const text :
         {"[.5]", "[01]", "[1.]", "[-]", "[+1]", "[1e]", "[1.2.3]", R"(["\ud834"])", R"(["\ud834\ud834"])", R"(["\uddda"])",
          R"(["\ud834x"])", R"(["\x"])", R"(["\u12g4"])", R"(["\u12"])", "[\"a\nb\"]", "[\"\t\"]"})
        row(text, false);
}

void TestJsonCodec::isAsStrictAsTheStandard()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, legal);
    QCOMPARE(!strictnessError(text).has_value(), legal);
}

// Pieces of the protocol in random order: a decoder may refuse, but must come to an end and keep to its memory.
void TestJsonCodec::randomBytesNeverDoHarm()
{
    const QByteArrayList pieces{"[",           "]",    "{",   "}",    "\"", "\\", ",", ":", "do", "\"do\",{}", "[\"do\",{},1]",
                                "[\"dn\",{}]", "null", "1e5", "\xff", " "};
    int messages = 0;
    for (unsigned seed = 1; seed <= 20000; ++seed) {
        std::minstd_rand random(seed);
        JsonWorkerCodec codec(200);
        Decoded decoded = Decoded::Nothing;
        for (int i = 0; i < 12 && decoded != Decoded::Broken; ++i) {
            codec.feed(pieces.at(qsizetype(random() >> 8) % pieces.size()));
            Request request;
            while ((decoded = codec.next(&request)) == Decoded::Message)
                ++messages;
        }
    }
    QVERIFY(messages > 1000);
}

QTEST_APPLESS_MAIN(TestJsonCodec)
#include "tst_jsoncodec.moc"
