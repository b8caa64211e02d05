// SPDX-License-Identifier: MIT
#include "helpers/readresult.h"
#include "wire/jsoncodec_p.h"
#include "wire/jsonparser_p.h"
#include "wire/jsonprotocol_p.h"
#include "wire/jsonwriter_p.h"
#include "wire/utc_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QMargins>
#include <QtCore/QPoint>
#include <QtCore/QProcess>
#include <QtCore/QTimeZone>
#include <QtCore/QUrl>
#include <QtTest/QTest>

#include <malloc.h>

#include <cmath>
#include <limits>
#include <random>

using namespace Prefork::Wire;

struct Bare
{
    Q_GADGET
};

namespace {

constexpr qsizetype Limit = Prefork::DefaultMaxMessageSize;

QByteArray callBytes(const QVariantList &items)
{
    QByteArray bytes;
    return JsonClientCodec(Limit).encodeCall(items, &bytes) ? QByteArray() : bytes;
}

using State = JsonParser::State;

// In steps of @p steps values.
State parsed(QByteArrayView text, QVariantList *list, int steps = 1000,
             qint64 maxDecodedSize = Prefork::DefaultMaxDecodedSize)
{
    JsonParser parser;
    parser.start(text, maxDecodedSize);
    State state = State::Working;
    while (state == State::Working)
        state = parser.parse(steps);
    *list = parser.take();
    return state;
}

bool isLegal(const QByteArray &text)
{
    QVariantList list;
    const State state = parsed(text, &list);
    QVariantList inSteps;
    return parsed(text, &inSteps, 1) == state && inSteps == list && state == State::Done;
}

qint64 usedMemory()
{
    const struct mallinfo2 info = mallinfo2();
    return qint64(info.uordblks + info.hblkhd);
}

}

class TestJsonCodec : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void largeResultsAreConvertedInSteps();
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
    void clientCountsWhatAReplyHas();
    void ignoresUnknownMetaAndExtraItems();
    void takesWhatOtherServersSay_data();
    void takesWhatOtherServersSay();
    void refusesTooLongMessages();
    void isAsStrictAsTheStandard_data();
    void isAsStrictAsTheStandard();
    void agreesWithQJsonDocument();
    void numbersAndTexts();
    void memoryStaysInProportion_data();
    void memoryStaysInProportion();
    void aMessageThatTakesTooMuchCostsOnlyItself();
    void theWriterAppliesTheBound();
    void writesWhatQJsonDocumentWrites();
    void randomBytesNeverDoHarm();
    void aNumberThatDoesNotFitCostsOnlyItsCall();
    void perlReadsWholeDoublesAsNumbers();
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
    same("2^63", qulonglong(1) << 63);
    same("2^64-1", std::numeric_limits<qulonglong>::max());
    same("2^64-1 in a map", QVariantMap{{QStringLiteral("n"), std::numeric_limits<qulonglong>::max()}});
    same("double", 1.5e300);
    same("whole double", 1e18);
    same("2^53+2 as a double", 9007199254740994.0);
    same("byte order mark", QString(QChar(0xfeff)) + QStringLiteral("x"));
    same("byte order mark before more", QString(QChar(0xfeff)) + QStringLiteral("é"));
    same("list", QVariantList{qlonglong(1), QStringLiteral("two"), QVariantList{}, QVariantMap{}});
    same("map", QVariantMap{{QStringLiteral("λ"), QVariantList{false}}});
    QTest::newRow("int") << QVariant(7) << QVariant(qlonglong(7));
    QTest::newRow("utf-8 bytes") << QVariant(QByteArray("\xCE\xBB")) << QVariant(QStringLiteral("λ"));
    QTest::newRow("string list") << QVariant(QStringList{QStringLiteral("a")})
                                 << QVariant(QVariantList{QStringLiteral("a")});
    QTest::newRow("list of int") << QVariant::fromValue(QList<int>{1, 2})
                                 << QVariant(QVariantList{qlonglong(1), qlonglong(2)});
    QTest::newRow("url") << QVariant(QUrl(QStringLiteral("http://a/b"))) << QVariant(QStringLiteral("http://a/b"));
    QTest::newRow("byte order mark as bytes")
        << QVariant(QByteArray("\xef\xbb\xbfx")) << QVariant(QString(QChar(0xfeff)) + QStringLiteral("x"));
    const QDateTime time(QDate(2024, 2, 29), QTime(23, 59, 59, 123), Prefork::Wire::Utc);
    QTest::newRow("UTC") << QVariant(time) << QVariant(QStringLiteral("2024-02-29T23:59:59.123Z"));
    QTest::newRow("offset") << QVariant(time.toOffsetFromUtc(-12600))
                            << QVariant(QStringLiteral("2024-02-29T20:29:59.123-03:30"));
    QTest::newRow("zone") << QVariant(time.toTimeZone(QTimeZone("Asia/Kathmandu")))
                          << QVariant(QStringLiteral("2024-03-01T05:44:59.123+05:45"));
    const QDateTime local = time.toLocalTime();
    QTest::newRow("local time") << QVariant(local)
                                << QVariant(local.toOffsetFromUtc(local.offsetFromUtc()).toString(Qt::ISODateWithMs));
    QTest::newRow("no time") << QVariant(QDateTime()) << QVariant::fromValue(nullptr);
    QTest::newRow("no date") << QVariant(QDate()) << QVariant::fromValue(nullptr);
    QTest::newRow("char16_t") << QVariant::fromValue(u'a') << QVariant(qlonglong(97));
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
    QTest::newRow("NaN") << QVariant(std::nan(""))
                         << QStringLiteral("NaN, which JSON does not have (Protocol::Native has)");
    QTest::newRow("infinity") << QVariant(HUGE_VAL)
                              << QStringLiteral("infinity, which JSON does not have (Protocol::Native has)");
    const QDateTime old(QDate(1850, 1, 1), QTime(12, 0), QTimeZone("Europe/Berlin"));
    QTest::newRow("seconds in an offset")
        << QVariant(old) << QStringLiteral("a QDateTime whose offset from UTC has seconds (send it as UTC)");
    QTest::newRow("a year of five digits") << QVariant(QDateTime(QDate(12024, 1, 1), QTime(0, 0), Prefork::Wire::Utc))
                                           << QStringLiteral("a QDateTime outside the years 0 to 9999");
    QTest::newRow("a year before Christ") << QVariant(QDateTime(QDate(-44, 3, 15), QTime(0, 0), Prefork::Wire::Utc))
                                          << QStringLiteral("a QDateTime outside the years 0 to 9999");
    QTest::newRow("a date of five digits")
        << QVariant(QDate(12024, 1, 1)) << QStringLiteral("a QDate outside the years 0 to 9999");
    QTest::newRow("no URL") << QVariant(QUrl(QStringLiteral("http://[x")))
                            << QStringLiteral("a QUrl that is not valid");
    QTest::newRow("binary") << QVariant(QByteArray("\xff"))
                            << QStringLiteral("a QByteArray that is not UTF-8 text (send it as base64)");
    const QString noForm = QStringLiteral(
        "a value of type QMargins, for which JSON has no form (make it a Q_GADGET with properties, or use "
        "Protocol::Native)");
    QTest::newRow("type") << QVariant::fromValue(QMargins()) << noForm;
    QTest::newRow("pointer") << QVariant::fromValue(static_cast<QObject *>(nullptr))
                             << QStringLiteral("a value whose type QObject* is a pointer, which means nothing to "
                                               "another process: send the value it points to");
    QTest::newRow("gadget without properties")
        << QVariant::fromValue(Bare())
        << QStringLiteral("a value whose type Bare is a Q_GADGET without a Q_PROPERTY, so that nothing of it is sent: "
                          "give it properties");
    const QString half(QChar(0xd834));
    const QString why = QStringLiteral("a QString that is not Unicode text: half of a surrogate pair");
    QTest::newRow("half a pair") << QVariant(half) << why;
    QTest::newRow("half a pair in a key") << QVariant(QVariantMap{{half, 1}}) << why;
    QTest::newRow("half a pair in a QJsonArray") << QVariant(QJsonArray{half}) << why;
    QTest::newRow("NaN in a QJsonObject") << QVariant(QJsonObject{{QStringLiteral("n"), std::nan("")}})
                                          << QStringLiteral("NaN, which JSON does not have (Protocol::Native has)");
    QTest::newRow("deep inside") << QVariant(
        QVariantMap{{QStringLiteral("a"), QVariantList{QVariant::fromValue(QMargins())}}})
                                 << noForm;
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
    JsonWorkerCodec(Limit).encodeFailure(QStringLiteral("no luck"), QStringLiteral("WorkerError"),
                                         QVariantMap{{QStringLiteral("a"), 1}}, &bytes);
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
    QTest::newRow("null as meta") << QByteArray(R"(["do",null,"x"])");
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

void TestJsonCodec::clientCountsWhatAReplyHas()
{
    for (const auto &[bytes, error] :
         {std::pair(QByteArray(R"(["ok"])"), QStringLiteral("'ok' reply with 1 element, fewer than 3")),
          std::pair(QByteArray(R"(["er",{}])"), QStringLiteral("'er' reply with 2 elements, fewer than 3"))}) {
        JsonClientCodec codec(Limit);
        codec.feed(bytes);
        Reply reply;
        QCOMPARE(codec.next(&reply), Decoded::Broken);
        QCOMPARE(codec.errorString(), error);
    }
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

void TestJsonCodec::refusesTooLongMessages()
{
    JsonWorkerCodec codec(30);
    codec.feed(R"(["do",{},")" + QByteArray(30, 'x'));
    Request request;
    QCOMPARE(codec.next(&request), Decoded::Broken);
    QCOMPARE(codec.errorString(), QStringLiteral("message longer than the 30 bytes of maxMessageSize"));
}

void TestJsonCodec::isAsStrictAsTheStandard_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("legal");
    const auto row = [](const char *text, bool legal) { QTest::newRow(text) << QByteArray(text) << legal; };
    for (const char *const text : {"[0,-0,10,1.5,-1e9,1E+2,0.1e-1]", R"(["\ud834\uddda","\u00e9\\","",{"1":[]}])",
                                   R"(["-.5 01"])", "[true,false,null]"})
        row(text, true);
    for (const char *const text :
         {"[.5]", "[01]", "[1.]", "[-]", "[+1]", "[1e]", "[1.2.3]", R"(["\ud834"])", R"(["\ud834\ud834"])",
          R"(["\uddda"])", R"(["\ud834x"])", R"(["\x"])", R"(["\u12g4"])", R"(["\u12"])", "[\"a\nb\"]", "[\"\t\"]"})
        row(text, false);
}

void TestJsonCodec::isAsStrictAsTheStandard()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, legal);
    QCOMPARE(isLegal(text), legal);
}

// Of what is no JSON, QJsonDocument lets more pass, but of the pieces here nothing.
void TestJsonCodec::agreesWithQJsonDocument()
{
    const QByteArrayList pieces{"[",
                                "]",
                                "{",
                                "}",
                                "[]",
                                "{}",
                                "[1,2]",
                                ",",
                                ":",
                                "\"a\":",
                                "\"\"",
                                "\"b\\n\\u00e9\"",
                                "0",
                                "-12.5",
                                "1e30",
                                "true",
                                "1000000000000000000000",
                                "null",
                                "false",
                                "\"\xc3\xa9\"",
                                " ",
                                "\n",
                                "\"a\"",
                                "1e3",
                                "9007199254740993",
                                "-9223372036854775808",
                                "\"\\ud834\\uddda\""};
    int legal = 0;
    for (unsigned seed = 1; seed <= 300000; ++seed) {
        std::minstd_rand random(seed);
        QByteArray text = "[";
        const int count = int(random() >> 8) % 9;
        for (int i = 0; i < count; ++i) {
            text += pieces.at(qsizetype(random() >> 8) % pieces.size());
            if ((random() >> 8) % 2)
                text += ',';
        }
        if (text.endsWith(','))
            text.chop(1);
        text += ']';
        QJsonParseError error;
        const QJsonDocument document = QJsonDocument::fromJson(text, &error);
        const bool isExpected = error.error == QJsonParseError::NoError;
        QVariantList list;
        const State state = parsed(text, &list);
        if (state == State::Refused) // numbers in a row, which QJsonDocument makes a double of
            continue;
        QVERIFY2((state == State::Done) == isExpected, text.constData());
        if (!isExpected)
            continue;
        ++legal;
        QVERIFY2(list == document.array().toVariantList(), text.constData());
        for (qsizetype i = 0; i < list.size(); ++i)
            QCOMPARE(list.at(i).typeId(), document.array().at(i).toVariant().typeId());
    }
    QVERIFY(legal > 10000);
}

void TestJsonCodec::numbersAndTexts()
{
    QVariantList list;
    QCOMPARE(
        parsed("[123456789012345678,-123456789012345678,0,5e-1,0.1,12345678901234567890,\"\xef\xbb\xbf\",\"\\ufeff\"]",
               &list),
        State::Done);
    QCOMPARE(list,
             (QVariantList{qlonglong(123456789012345678), qlonglong(-123456789012345678), qlonglong(0), 0.5, 0.1,
                           qulonglong(12345678901234567890u), QString(QChar(0xfeff)), QString(QChar(0xfeff))}));
    QCOMPARE(parsed("[1e18,-1e18,9007199254740992.0,9007199254740994.0,100000000000000000000,-0,-0.0,0e5]", &list),
             State::Done);
    QCOMPARE(list, (QVariantList{1e18, -1e18, qlonglong(9007199254740992), 9007199254740994.0, 1e20, -0.0, -0.0, 0}));
    QCOMPARE(list.at(0).typeId(), int(QMetaType::Double));
    QCOMPARE(list.at(2).typeId(), int(QMetaType::LongLong));
    QVERIFY(std::signbit(list.at(5).toDouble()) && std::signbit(list.at(6).toDouble()));
    for (const char *const text :
         {"[18446744073709551617]", "[-9223372036854775809]", "[123456789012345678901234567890]", "[9%1]"}) {
        const QByteArray digits = QByteArray(text).replace("%1", QByteArray(400, '9')); // more than a double has
        JsonParser parser;
        parser.start(digits, Limit);
        QCOMPARE(parser.parse(10), State::Refused);
        QVERIFY2(parser.errorString().startsWith(QStringLiteral("the integer ")), qPrintable(parser.errorString()));
    }
    for (const char *const text : {"[1e999]",
                                   "[\"\xed\xa0\x80\"]",
                                   "[\"\xc0\x80\"]",
                                   "[\"\xf4\x90\x80\x80\"]",
                                   "[\"\\\xc3\xa9\"]",
                                   "[\"\xc3\"]",
                                   "[1 2]",
                                   "[1,]",
                                   "[,1]",
                                   "{\"a\":1}",
                                   "[{\"a\"}]",
                                   "[{\"a\",1}]",
                                   "[{1:2}]",
                                   "[{\"a\":1,}]",
                                   "[nul]",
                                   "[truefalse]",
                                   "[\"a]",
                                   "[]]",
                                   "[1]1",
                                   "1",
                                   "",
                                   "[[1]",
                                   "[\"\\u123\"]",
                                   "[\"\\ud834\\u0041\"]",
                                   "[\"\\ud834\\n\"]",
                                   "[0x1]",
                                   "[1e+]"})
        QVERIFY2(!isLegal(text), text);
}

void TestJsonCodec::memoryStaysInProportion_data()
{
    QTest::addColumn<QByteArray>("unit");
    const auto row = [](const char *name, const QByteArray &unit) { QTest::newRow(name) << unit; };
    for (const char *const unit : {"0", "[]", "{}", "\"\"", "\"a\"", "\"\xc3\xa9\"", "[1]", "[1,2]", "[1,2,3,4,5]",
                                   "{\"\":1}", "{\"a\":\"b\"}", "1.5", "null"})
        row(unit, unit);
    row("deep lists", QByteArray(500, '[') + QByteArray(500, ']'));
    row("deep maps", QByteArray("{\"\":").repeated(500) + '1' + QByteArray(500, '}'));
    row("escapes", R"("\u00e9\n")");
    row("long", '"' + QByteArray(10000, 'x') + '"');
}

void TestJsonCodec::memoryStaysInProportion()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("the sanitizer takes memory of its own");
#endif
    QFETCH(QByteArray, unit);
    QByteArray text = '[' + (unit + ',').repeated(2000000 / (unit.size() + 1));
    text.back() = ']';
    const qint64 before = usedMemory();
    JsonParser parser;
    parser.start(text, Limit * 1000);
    QCOMPARE(parser.parse(std::numeric_limits<int>::max()), State::Done);
    const QVariantList list = parser.take();
    const qint64 taken = usedMemory() - before;
    const qint64 charged = Prefork::detail::decodedBound(text.size(), Limit * 1000) - parser.memory().left();
    QVERIFY2(taken <= charged + 64 * 1024, qPrintable(QStringLiteral("%1 taken, %2 charged").arg(taken).arg(charged)));
    QVERIFY(charged <= 64 * text.size());
    QByteArray written;
    JsonWriter writer(&written, Limit);
    QVERIFY(!writer.write(list, 0));
    QCOMPARE(writer.decodedSize(), charged); // so that the one who writes knows
    QCOMPARE(written, QJsonDocument(QJsonArray::fromVariantList(list)).toJson(QJsonDocument::Compact));
}

void TestJsonCodec::aMessageThatTakesTooMuchCostsOnlyItself()
{
    const QByteArray much = '[' + QByteArray("1,").repeated(1000) + "1]";
    JsonWorkerCodec worker(Limit, 30000);
    worker.feed("[\"do\",{},\"count\"," + much + "][\"do\",{},\"count\"]");
    Request request;
    QCOMPARE(Test::next(worker, &request), Decoded::Message);
    QVERIFY(request.refusal.contains(QStringLiteral("maxDecodedSize")));
    QCOMPARE(request.items, QVariantList{QStringLiteral("count")});
    QCOMPARE(Test::next(worker, &request), Decoded::Message);
    QVERIFY(request.refusal.isEmpty());

    JsonClientCodec client(Limit, 30000);
    client.feed("[\"ok\",{}," + much + "][\"ok\",{},1]");
    Reply reply;
    QCOMPARE(Test::next(client, &reply), Decoded::Message);
    QCOMPARE(reply.kind, Reply::Failure);
    QVERIFY(reply.failure.message.contains(QStringLiteral("maxDecodedSize")));
    QCOMPARE(Test::next(client, &reply), Decoded::Message);
    QCOMPARE(reply.value, QVariant(qlonglong(1)));

    JsonWorkerCodec lost(Limit, 30000);
    lost.feed("[\"nonsense\",{}," + much + ']');
    QCOMPARE(Test::next(lost, &request), Decoded::Broken);
}

void TestJsonCodec::writesWhatQJsonDocumentWrites()
{
    QString every;
    for (char16_t unit = 0; unit < 0xd800; unit += unit < 0x300 ? 1 : 0x0fd)
        every.append(QChar(unit));
    const QVariantList list{5.0,
                            1e15,
                            1e22,
                            1e30,
                            0.1,
                            1.5e-7,
                            std::numeric_limits<double>::max(),
                            std::numeric_limits<double>::denorm_min(),
                            std::numeric_limits<qlonglong>::min(),
                            std::numeric_limits<qlonglong>::max(),
                            true,
                            QVariant::fromValue(nullptr),
                            every,
                            QString(40000, QChar(0xe9)) + QString::fromUtf8("\xF0\x9D\x87\x9A").repeated(20000),
                            QVariantMap{{QStringLiteral("b"), 1},
                                        {QStringLiteral("a"), QVariantMap{}},
                                        {QStringLiteral("Z"), QVariantList{QVariantList{}}}},
                            QStringList{QStringLiteral("x"), QString()}};
    QByteArray written;
    QVERIFY(!JsonWriter(&written, Limit).write(list, 0));
    QCOMPARE(written, QJsonDocument(QJsonArray::fromVariantList(list)).toJson(QJsonDocument::Compact));
    QByteArray hashed;
    QVERIFY(!JsonWriter(&hashed, Limit)
                 .write(QVariantHash{{QStringLiteral("b"), 1}, {QStringLiteral("a"), 2}, {QStringLiteral("c"), 3}}, 0));
    QCOMPARE(hashed, QByteArray(R"({"a":2,"b":1,"c":3})"));
}

void TestJsonCodec::aNumberThatDoesNotFitCostsOnlyItsCall()
{
    JsonWorkerCodec worker(Limit);
    worker.feed(R"(["do",{},"count",-9223372036854775809]["do",{},"count",1])");
    Request request;
    QCOMPARE(Test::next(worker, &request), Decoded::Message);
    QVERIFY(request.refusal.contains(QStringLiteral("-9223372036854775809")));
    QCOMPARE(Test::next(worker, &request), Decoded::Message);
    QVERIFY(request.refusal.isEmpty());

    JsonClientCodec client(Limit);
    client.feed(R"(["ok",{},[18446744073709551617]]["ok",{},1])");
    Reply reply;
    QCOMPARE(Test::next(client, &reply), Decoded::Message);
    QCOMPARE(reply.kind, Reply::Failure);
    QCOMPARE(reply.failure.message,
             QStringLiteral("the reply cannot be taken: the integer 18446744073709551617, which does not fit 64 bits"));
    QCOMPARE(Test::next(client, &reply), Decoded::Message);
    QCOMPARE(reply.value, QVariant(qlonglong(1)));
}

// As numbers with a fraction, which print with an exponent; a string would print as it is.
void TestJsonCodec::perlReadsWholeDoublesAsNumbers()
{
    QProcess perl;
    perl.start(QStringLiteral("perl"),
               {QStringLiteral("-MJSON::XS"), QStringLiteral("-e"),
                QStringLiteral("print JSON::XS->new->encode(JSON::XS->new->decode($ARGV[0]))"),
                QString::fromLatin1(callBytes({1e18, 9007199254740994.0, -0.0, qlonglong(1) << 60, 5.0}))});
    if (!perl.waitForFinished() || perl.exitCode() != 0)
        QSKIP("there is no Perl with JSON::XS");
    QCOMPARE(perl.readAllStandardOutput(),
             QByteArray(R"(["do",{},1e+18,9.00719925474099e+15,-0,1152921504606846976,5])"));
}

void TestJsonCodec::theWriterAppliesTheBound()
{
    const QVariant much = QVariantList(1000, 1);
    QByteArray bytes;
    const auto problem = JsonWorkerCodec(Limit, 30000).encodeResult(much, &bytes);
    QVERIFY(problem && problem->contains(QStringLiteral("30000"))
            && problem->contains(QStringLiteral("maxDecodedSize")));
    QVERIFY(JsonClientCodec(Limit, 30000).encodeCall({much}, &bytes));
    QVERIFY(bytes.isEmpty());
    QVERIFY(!JsonWorkerCodec(Limit, 100000).encodeResult(much, &bytes));
    JsonClientCodec client(Limit, 100000);
    client.feed(bytes);
    Reply reply;
    QCOMPARE(Test::next(client, &reply), Decoded::Message);
    QCOMPARE(reply.value.toList().size(), 1000);
}

// Pieces of the protocol in random order: a decoder may refuse, but must come to an end and keep to its memory.
void TestJsonCodec::randomBytesNeverDoHarm()
{
    const QByteArrayList pieces{
        "[",           "]",    "{",   "}",    "\"", "\\", ",", ":", "do", "\"do\",{}", "[\"do\",{},1]",
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

// Counts the steps in which a result becomes typed, and takes what is made of it.
template <class R>
int stepsToConvert(const QByteArray &value, int steps, R *out, ResultReading *outcome)
{
    JsonConnectionCodec codec(Limit);
    const QByteArray message = "[\"ok\",{}," + value + ']';
    for (qsizetype at = 0; at < message.size();) {
        const std::span<char> space = codec.space();
        const qsizetype count = std::min(qsizetype(space.size()), message.size() - at);
        std::copy_n(message.constData() + at, count, space.data());
        codec.received(count);
        at += count;
    }
    Incoming incoming;
    if (Test::next(codec, &incoming) != Decoded::Message)
        return -1;
    const auto handler = Prefork::detail::makeHandler<R>([out](R result) { *out = std::move(result); });
    QString problem;
    int turns = 1;
    while ((*outcome = codec.readResult(handler.get(), steps, &problem)) == ResultReading::Unfinished)
        ++turns;
    if (*outcome == ResultReading::Taken)
        handler->deliver();
    else if (problem != QStringLiteral("a list"))
        return -1;
    return turns;
}

void TestJsonCodec::largeResultsAreConvertedInSteps()
{
    constexpr int Count = 100000;
    ResultReading outcome{};
    QList<int> numbers;
    QVERIFY(stepsToConvert('[' + QByteArray("7,").repeated(Count) + "8]", 1000, &numbers, &outcome) >= Count / 1000);
    QVERIFY(outcome == ResultReading::Taken && numbers.size() == Count + 1 && numbers.last() == 8);
    QList<QStringList> rows;
    QVERIFY(stepsToConvert('[' + QByteArray("[\"a\",\"b\"],").repeated(Count) + "[]]", 1000, &rows, &outcome)
            >= 2 * Count / 1000);
    QVERIFY(outcome == ResultReading::Taken && rows.size() == Count + 1
            && rows.first() == QStringList({QStringLiteral("a"), QStringLiteral("b")}));
    QVERIFY(stepsToConvert('[' + QByteArray("7,").repeated(Count) + "{}]", 1000, &numbers, &outcome) >= Count / 1000);
    QCOMPARE(outcome, ResultReading::Misfit);
    QVERIFY(stepsToConvert("[7,8]", 1, &numbers, &outcome) == 1 && outcome == ResultReading::Taken
            && numbers == QList<int>({7, 8}));
}

QTEST_APPLESS_MAIN(TestJsonCodec)
#include "tst_jsoncodec.moc"
