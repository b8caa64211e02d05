// SPDX-License-Identifier: MIT
#include "wire/utc_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/typeregistry.h>

#include <QtCore/QDateTime>
#include <QtCore/QPoint>
#include <QtCore/QTimeZone>
#include <QtCore/QUrl>
#include <QtCore/QUuid>
#include <QtTest/QTest>

#include <malloc.h>

#include <cmath>
#include <limits>

using namespace Prefork::detail;

namespace {

QByteArray hex(const char *digits)
{
    return QByteArray::fromHex(digits);
}

QByteArray encoded(const QVariant &value, const TypeRegistry *types = nullptr)
{
    QByteArray bytes;
    CborWriter(&bytes, types).writeVariant(value);
    return bytes;
}

QVariant richDocument()
{
    return QVariantMap{
        {QStringLiteral("numbers"), QVariantList{0, 23, 24, -1, -70000, qlonglong(1) << 40, 1.5}},
        {QStringLiteral("texts"), QVariantList{QString(300, u'x'), QString::fromUtf8("\u6c34"), QByteArray("bytes")}},
        {QStringLiteral("when"), QDateTime(QDate(2024, 2, 29), QTime(1, 2, 3, 4), Prefork::Wire::Utc)},
        {QStringLiteral("where"), QUrl(QStringLiteral("https://example.org/a%20b?c=d#e"))},
        {QStringLiteral("who"), QUuid::fromRfc4122("0123456789abcdef")},
        {QStringLiteral("nothing"), QVariant::fromValue(nullptr)},
        {QStringLiteral("point"), QPoint(3, 4)},
        {QStringLiteral("yes"), true}};
}

// A sanitizer has memory of its own, which is not counted here. There it is enough that so many values are read.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr qint64 BytesOfUnits = 400'000;
#else
constexpr qint64 BytesOfUnits = 4'000'000;
#endif

qint64 usedMemory()
{
    const struct mallinfo2 info = mallinfo2();
    return qint64(info.uordblks + info.hblkhd);
}

QString refusal(QByteArrayView bytes)
{
    CborReader reader(bytes);
    QVariant value;
    return reader.readVariant(&value) ? QStringLiteral("accepted")
                                      : reader.errorString().section(QStringLiteral(": "), 1);
}

}

class TestCborReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsTheExamplesOfTheStandard_data();
    void readsTheExamplesOfTheStandard();
    void floatsOfEveryWidth();
    void integersFitOrStayUnread();
    void theWrongKindConsumesNothing();
    void refusesBadBytes_data();
    void refusesBadBytes();
    void everyTruncationIsAnError();
    void depthIsLimited();
    void lengthsAreNotBelieved();
    void takesTheLastBytesOutOfTheirOwner();
    void registeredTypesCross();
    void keepsByteOrderMarks();
    void timesKeepTheirKind();
    void timesThatAreNotKnownHereAreRefused();
    void memoryStaysInProportion_data();
    void memoryStaysInProportion();
    void memoryOfMapsIsCounted();
};

void TestCborReader::readsTheExamplesOfTheStandard_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QByteArray>("bytes");
    const auto row = [](const char *digits, const QVariant &value) { QTest::newRow(digits) << value << hex(digits); };
    row("00", 0LL);
    row("1818", 24LL);
    row("1bffffffffffffffff", std::numeric_limits<quint64>::max());
    row("1b7fffffffffffffff", std::numeric_limits<qint64>::max());
    row("3b7fffffffffffffff", std::numeric_limits<qint64>::min());
    row("3903e7", -1000LL);
    row("1b0000000000000001", 1LL);
    row("f93c00", 1.0);
    row("f90001", 5.960464477539063e-8);
    row("fa47c35000", 100000.0);
    row("fbc010666666666666", -4.1);
    row("f5", true);
    row("f6", QVariant::fromValue(nullptr));
    row("f7", QVariant());
    row("4401020304", hex("01020304"));
    row("5f42010243030405ff", hex("0102030405"));
    row("7f657374726561646d696e67ff", QStringLiteral("streaming"));
    row("7fff", QStringLiteral(""));
    row("8301820203820405", QVariantList{1LL, QVariantList{2LL, 3LL}, QVariantList{4LL, 5LL}});
    row("9f018202039f0405ffff", QVariantList{1LL, QVariantList{2LL, 3LL}, QVariantList{4LL, 5LL}});
    row("bf61610161629f0203ffff",
        QVariantMap{{QStringLiteral("a"), 1LL}, {QStringLiteral("b"), QVariantList{2LL, 3LL}}});
    row("c11a514b67b0", QDateTime(QDate(2013, 3, 21), QTime(20, 4), Prefork::Wire::Utc));
    row("c1fb41d452d9ec200000", QDateTime(QDate(2013, 3, 21), QTime(20, 4, 0, 500), Prefork::Wire::Utc));
    row("d903ec6a323032342d30322d3239", QDate(2024, 2, 29));
    row("d903ec6c2d30303034332d30332d3135", QDate(-44, 3, 15));
    row("d903ec6b2b303030302d30312d3031", QDate(-1, 1, 1));
    row("d903ecf6", QDate());
    row("da5150460f6c32303a30343a30302e303037", QTime(20, 4, 0, 7));
    row("da5150460ff6", QTime());
    row("da515046076161", QChar(u'a'));
    row("db51504c0000000000f6", QDateTime());
    row("db51505800000000006161", QStringLiteral("a")); // a tag of later
    row("d9d9f701", 1LL);
    row("d74401020304", hex("01020304"));
}

void TestCborReader::readsTheExamplesOfTheStandard()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QVariant, value);
    CborReader reader(bytes);
    QVariant read = QStringLiteral("unset");
    QVERIFY2(reader.readVariant(&read), qPrintable(reader.errorString()));
    QVERIFY(reader.atEnd());
    QCOMPARE(read.metaType(), value.metaType());
    QCOMPARE(read, value);
    QVERIFY(reader.seek(0));
    QVERIFY(reader.skip());
    QVERIFY(reader.atEnd());
}

void TestCborReader::floatsOfEveryWidth()
{
    const auto number = [](const char *digits) {
        const QByteArray bytes = hex(digits);
        double value = 0;
        CborReader reader(bytes);
        return reader.readDouble(&value) ? value : 12345.678;
    };
    QCOMPARE(number("f97bff"), 65504.0);
    QCOMPARE(number("f9fc00"), -qInf());
    QVERIFY(std::isnan(number("f97e00")));
    QCOMPARE(number("fa7f7fffff"), 3.4028234663852886e+38);
    QVERIFY(std::signbit(number("f98000")));
}

void TestCborReader::integersFitOrStayUnread()
{
    quint64 natural = 0;
    qint64 integer = 0;
    const QByteArray large = hex("1b8000000000000000");
    CborReader reader(large);
    QVERIFY(!reader.readSigned(&integer));
    QVERIFY(!reader.isBroken());
    QVERIFY(reader.readUnsigned(&natural));
    QCOMPARE(natural, quint64(1) << 63);
    const QByteArray low = hex("3b8000000000000000");
    CborReader below(low);
    QVariant value;
    QVERIFY(!below.readSigned(&integer) && !below.isBroken());
    QVERIFY(!below.readVariant(&value) && below.isRefused());
    QCOMPARE(below.errorString(), QStringLiteral("an integer below -2^63"));
}

void TestCborReader::theWrongKindConsumesNothing()
{
    const QByteArray bytes = encoded(QStringLiteral("text"));
    CborReader reader(bytes);
    quint64 natural = 0;
    qint64 integer = 0;
    double number = 0;
    bool boolean = false;
    QByteArray data;
    QString text;
    QVERIFY(!reader.readUnsigned(&natural) && !reader.readSigned(&integer) && !reader.readDouble(&number));
    QVERIFY(!reader.readBool(&boolean) && !reader.readNull() && !reader.readBytes(&data)
            && !reader.readArray(&natural));
    QVERIFY(!reader.readMap(&natural) && !reader.readTag(&natural));
    QVERIFY(!reader.isBroken());
    QCOMPARE(reader.position(), 0);
    QCOMPARE(reader.peek(), CborReader::Text);
    QVERIFY(reader.readText(&text));
    QCOMPARE(reader.peek(), CborReader::End);
    QVERIFY(!reader.readNull());
    QVERIFY(reader.isBroken());
    QVERIFY(!reader.seek(0));
    QCOMPARE(reader.peek(), CborReader::Invalid);
}

void TestCborReader::refusesBadBytes_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    QTest::addColumn<bool>("skips");
    const auto row = [](const char *digits, const char *reason, bool skips = false) {
        QTest::newRow(digits) << hex(digits) << QString::fromLatin1(reason) << skips;
    };
    row("", "it ends too early");
    row("1c", "an unexpected byte 0x1c");
    row("1f", "an unexpected byte 0x1f");
    row("ff", "an unexpected byte 0xff");
    row("df", "an unexpected byte 0xdf");
    row("81ff", "an unexpected byte 0xff");
    row("f0", "an unknown simple value");
    row("f818", "an unknown simple value");
    row("62c328", "a text that is not UTF-8");
    row("62c080", "a text that is not UTF-8");
    row("63eda080", "a text that is not UTF-8");
    row("61c3", "a text that is not UTF-8");
    row("64f4908080", "a text that is not UTF-8");
    row("7f61c361bcff", "a text that is not UTF-8");
    row("7f4161ff", "a piece of a string that is no string");
    row("5f5f4101ffff", "a piece of a string that is no string");
    row("a10102", "a map key that is no text");
    row("bf4161f6ff", "a map key that is no text");
    row("a2616101616102", "the map key 'a' occurs twice", true);
    row("bf616101", "it ends too early");
    row("bf6161ff", "an unexpected byte 0xff");
    row("c001", "a date and time (tag 0) that is no text", true);
    row("c06161", "a date and time (tag 0) that is not like 2024-02-29T12:00:00Z", true);
    row("c16161", "a date and time (tag 1) that is no number of seconds", true);
    row("c1f97e00", "a date and time (tag 1) that is no number of seconds", true);
    row("c11b7fffffffffffffff", "a date and time (tag 1) that is no number of seconds", true);
    row("d82001", "a URL (tag 32) that is no text", true);
    row("d8254101", "a UUID (tag 37) that is not 16 bytes", true);
    row("d81b01", "an object (tag 27) that is not a name, bytes and a version", true);
    row("d81b8361784001", "call registerType() for it", true);
    row("c1", "it ends too early");
    const char *const noText = "a tag for a date, a time or a character before what is no text";
    const char *const none = "a tag for a date, a time or a character before what is none";
    const char *const noKind = "a tag for a kind of time before what is no date and time (tag 0 or 1)";
    row("d903ec01", noText, true);
    row("da51504607f6", noText, true);
    row("d903ec6a323032342d30322d3330", none, true);
    row("d903ec642d2d2d2d", none, true);
    row("da5150460f6161", none, true);
    row("da51504607626161", none, true);
    row("db51504c000000000001", noKind, true);
    row("db51504c0000000000d903ec6a323032342d30322d3239", noKind, true);
    row("db51504c0000000000db51504c0000000000c100", noKind, true);
    row("db51504f007fffffffc100", noKind, true);
    row("db51504f0000000e10f6", noKind, true);
    row("db51504c0000000000", "it ends too early");
    row("d903ec", "it ends too early");
}

void TestCborReader::refusesBadBytes()
{
    QFETCH(QByteArray, bytes);
    QFETCH(QString, reason);
    QFETCH(bool, skips);
    QCOMPARE(refusal(bytes), reason);
    CborReader reader(bytes);
    QCOMPARE(reader.skip(), skips);
    if (!skips)
        QVERIFY(reader.isBroken() && reader.errorString().endsWith(reason));
}

void TestCborReader::everyTruncationIsAnError()
{
    TypeRegistry types;
    QVERIFY(types.add<QPoint>("point"));
    const QByteArray whole = encoded(richDocument(), &types);
    CborReader good(whole, &types);
    QVariant value;
    QVERIFY2(good.readVariant(&value), qPrintable(good.errorString()));
    QCOMPARE(value, richDocument());
    for (qsizetype length = 0; length < whole.size(); ++length) {
        const std::vector<char> part(whole.begin(), whole.begin() + length); // so that a sanitizer sees the end
        CborReader reader(QByteArrayView(part.data(), length), &types);
        QVERIFY(!reader.readVariant(&value));
        QVERIFY(reader.isBroken());
        CborReader skipping(QByteArrayView(part.data(), length), &types);
        QVERIFY(!skipping.skip());
        QVERIFY(skipping.isBroken());
    }
}

void TestCborReader::depthIsLimited()
{
    for (const char *const open : {"\x81", "\x9f"}) {
        const auto nested = [open](int levels) {
            return QByteArray(open).repeated(levels) + '\x01'
                + (*open == '\x81' ? QByteArray() : QByteArray("\xff").repeated(levels));
        };
        QCOMPARE(refusal(nested(64)), QStringLiteral("accepted"));
        QCOMPARE(refusal(nested(65)), QStringLiteral("a value nested deeper than 64 levels"));
        const QByteArray deep = nested(65);
        QVERIFY(!CborReader(deep).skip());
    }
    QCOMPARE(refusal(QByteArray("\xc6").repeated(1000000) + '\x01'),
             QStringLiteral("accepted")); // tags nest in nothing
}

void TestCborReader::lengthsAreNotBelieved()
{
    for (const int major : {0x40, 0x60, 0x80, 0xa0}) {
        for (const quint64 length : {quint64(1) << 31, (quint64(1) << 32) - 1, quint64(1) << 62, (quint64(1) << 63) - 1,
                                     quint64(1) << 63, ~quint64(0), ~quint64(0) / 2 + 2}) {
            QByteArray bytes(1, char(major | 27));
            bytes.resize(9);
            qToBigEndian(length, bytes.data() + 1);
            bytes.append("abc");
            QCOMPARE(refusal(bytes), QStringLiteral("it ends too early"));
            QVERIFY(!CborReader(bytes).skip());
            quint64 count = 0;
            QVERIFY(!CborReader(bytes).readArray(&count) && !CborReader(bytes).readMap(&count));
        }
    }
}

void TestCborReader::takesTheLastBytesOutOfTheirOwner()
{
    QByteArray owner("header");
    const QByteArray payload(CborChunkSize, 'p');
    {
        CborWriter writer(&owner);
        writer.beginArray(2);
        writer.writeBytes(payload);
        writer.writeBytes(payload);
    }
    const char *const last = owner.constData() + owner.size() - payload.size();
    CborReader reader(QByteArrayView(owner).sliced(6), nullptr, &owner);
    quint64 count = 0;
    QByteArray copied;
    QVariant taken;
    QVERIFY(reader.readArray(&count) && reader.readBytes(&copied) && reader.readVariant(&taken));
    QVERIFY(reader.atEnd());
    QCOMPARE(copied, payload);
    QCOMPARE(taken.toByteArray(), payload);
    QCOMPARE(static_cast<const void *>(taken.toByteArray().constData()), static_cast<const void *>(last));
    QVERIFY(owner.isEmpty());
    QVERIFY(!reader.seek(0));
    QVERIFY(reader.isBroken());

    QByteArray kept = encoded(payload);
    CborReader trying(kept, nullptr, &kept);
    {
        const CborReader::Trial trial(trying);
        QVERIFY(trying.readBytes(&copied) && trying.seek(0));
    }
    QVERIFY(trying.readBytes(&copied) && kept.isEmpty());
    QCOMPARE(copied, payload);

    QByteArray sharedOwner = encoded(payload);
    const QByteArray other = sharedOwner;
    CborReader sharing(sharedOwner, nullptr, &sharedOwner);
    QVERIFY(sharing.readBytes(&copied));
    QCOMPARE(copied, payload);
    QCOMPARE(sharedOwner, other);
}

void TestCborReader::registeredTypesCross()
{
    TypeRegistry types;
    QVERIFY(types.add<QPoint>("point"));
    const QByteArray bytes = encoded(QPoint(5, -6), &types);
    QVariant value;
    CborReader reader(bytes, &types);
    QVERIFY(reader.readVariant(&value));
    QCOMPARE(value, QVariant(QPoint(5, -6)));
    QCOMPARE(refusal(bytes), QStringLiteral("call registerType() for it"));
    const QByteArray deep = QByteArray("\x81").repeated(CborMaxDepth) + bytes;
    QVERIFY(!CborReader(deep, &types).readVariant(&value) && !CborReader(deep, &types).skip());
    for (const char *const digits : {"d81b8365706f696e74480000000100000002187f",
                                     "d81b8365706f696e744700000001000000"
                                     "14",
                                     "d81b8365706f696e74490000000100000002"
                                     "0014",
                                     "d81b8265706f696e744800000001"
                                     "00000002"}) {
        const QByteArray bad = hex(digits);
        CborReader badReader(bad, &types);
        QVERIFY(!badReader.readVariant(&value));
        QVERIFY(badReader.isBroken());
    }
}

void TestCborReader::keepsByteOrderMarks()
{
    const QString text = QString(QChar(0xfeff)) + QStringLiteral("x");
    const QByteArray bytes = encoded(text);
    QString read;
    QVERIFY(CborReader(bytes).readText(&read));
    QCOMPARE(read, text);
}

void TestCborReader::timesKeepTheirKind()
{
    const QDateTime time(QDate(2024, 7, 1), QTime(12, 0, 0, 7), Prefork::Wire::Utc);
    const QDateTime far(QDate(12024, 7, 1), QTime(12, 0, 0, 7), Prefork::Wire::Utc);
    const QDateTime old(QDate(1850, 7, 1), QTime(12, 0), Prefork::Wire::Utc);
    for (const QDateTime &instant : {time, far, old}) {
        for (const QDateTime &kind : {instant, instant.toLocalTime(), instant.toOffsetFromUtc(5400),
                                      instant.toOffsetFromUtc(-3661), instant.toTimeZone(QTimeZone("Europe/Berlin")),
                                      instant.toTimeZone(QTimeZone("America/Argentina/ComodRivadavia")),
                                      instant.toTimeZone(QTimeZone(3600)), instant.toTimeZone(QTimeZone::utc())}) {
            const QByteArray bytes = encoded(QVariantList{kind});
            QVariant value;
            CborReader reader(bytes);
            QVERIFY2(reader.readVariant(&value), qPrintable(reader.errorString()));
            const QDateTime read = value.toList().value(0).toDateTime();
            QCOMPARE(read.toMSecsSinceEpoch(), kind.toMSecsSinceEpoch());
            QCOMPARE(read.timeSpec(), kind.timeSpec());
            QCOMPARE(read.offsetFromUtc(), kind.offsetFromUtc());
            if (kind.timeSpec() == Qt::TimeZone)
                QCOMPARE(read.timeZone(), kind.timeZone());
        }
    }
}

void TestCborReader::timesThatAreNotKnownHereAreRefused()
{
    for (const char *const name : {"Mars/X", "Europe/Berlin", "../x", "/etc", "a//b", "a.b", "Asia/K\xc3\xa4"}) {
        QByteArray letters(name); // and an offset that no zone has
        letters.resize((letters.size() + 4) / 5 * 5, '\0');
        QByteArray bytes;
        for (qsizetype i = 0; i < letters.size(); i += 5)
            bytes += "\xdbQPZ" + letters.sliced(i, 5);
        bytes += hex("c0781d323031332d30332d32315432303a30343a30302e3030372d30303a3037");
        QVariant value;
        CborReader reader(bytes);
        QVERIFY2(!reader.readVariant(&value) && reader.isRefused(), name);
        QVERIFY2(reader.errorString().contains(QString::fromLatin1(name).left(5)), qPrintable(reader.errorString()));
    }
    const QByteArray endless = hex("db51505a4575726f70").repeated(1000) + hex("c100");
    QCOMPARE(refusal(endless), QStringLiteral("a tag for a kind of time before what is no date and time (tag 0 or 1)"));
}

void TestCborReader::memoryStaysInProportion_data()
{
    QTest::addColumn<QByteArray>("unit");
    const auto row = [](const char *digits) { QTest::newRow(digits) << hex(digits); };
    row("f6");
    row("80");
    row("a0");
    row("60");
    row("6161");
    row("62c3a9");
    row("4161");
    row("8101");
    row("81818101");
    row("9fff");
    row("9f01ff");
    row("a1616101");
    row("a160f6");
    row("a160a160a160a160f6");
    row("c100");
    row("c1fb4320000000000000");
    row("d82060");
    row("d82066613a2f2f6262");
    row("fb3ff199999999999a");
    row("7f6161ff");
    row("db51505a4575726f70db51505a652f426572db51505a6c696e0000c100"); // 1970, in Europe/Berlin
    row("d903ec6a323032342d30322d3239");
}

void TestCborReader::memoryStaysInProportion()
{
    QFETCH(QByteArray, unit);
    const qint64 count = BytesOfUnits / unit.size();
    for (const bool isIndefinite : {false, true}) {
        QByteArray bytes(isIndefinite ? "\x9f" : "\x9a");
        if (!isIndefinite) {
            bytes.resize(5);
            qToBigEndian(quint32(count), bytes.data() + 1);
        }
        bytes += unit.repeated(count);
        if (isIndefinite)
            bytes += '\xff';
        const qint64 before = usedMemory();
        CborReader reader(bytes);
        QVariant value;
        const bool ok = reader.readVariant(&value);
        const qint64 taken = usedMemory() - before;
        QVERIFY2(taken <= CborReader::MemoryRatio * bytes.size() + CborReader::MemoryAllowance,
                 qPrintable(QString::number(taken)));
        QVERIFY(ok || reader.errorString().contains(QStringLiteral("many times its size")));
        const qint64 charged
            = CborReader::MemoryRatio * bytes.size() + CborReader::MemoryAllowance - reader.memoryLeft();
        QVERIFY2(taken <= charged + 4096, qPrintable(QStringLiteral("%1 taken, %2 charged").arg(taken).arg(charged)));
    }
}

void TestCborReader::memoryOfMapsIsCounted()
{
    constexpr quint32 Count = 100000;
    QByteArray bytes;
    {
        CborWriter writer(&bytes);
        writer.beginMap(Count);
        for (quint32 i = 0; i < Count; ++i) {
            writer.writeText(QString::number(Count + i, 36));
            writer.writeNull();
        }
    }
    const qint64 before = usedMemory();
    CborReader reader(bytes);
    const qint64 allowed = reader.memoryLeft();
    QVariant value;
    QVERIFY(reader.readVariant(&value));
    const qint64 taken = usedMemory() - before;
    QVERIFY2(taken <= allowed - reader.memoryLeft(), qPrintable(QString::number(taken)));
}

QTEST_GUILESS_MAIN(TestCborReader)
#include "tst_cborreader.moc"
