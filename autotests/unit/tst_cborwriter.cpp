// SPDX-License-Identifier: MIT
#include "wire/utc_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/typeregistry.h>

#include <QtCore/QDateTime>
#include <QtCore/QJsonObject>
#include <QtCore/QMargins>
#include <QtCore/QPoint>
#include <QtCore/QTimeZone>
#include <QtCore/QUrl>
#include <QtCore/QUuid>
#include <QtTest/QTest>

#include <limits>

using namespace Prefork::detail;

namespace {

template <class Write>
QByteArray written(Write write)
{
    QByteArray bytes;
    CborWriter writer(&bytes);
    write(writer);
    writer.finish();
    return writer.hasFailed() ? QByteArray("failed: ") + writer.errorString().toUtf8() : bytes.toHex();
}

}

/// A gadget has nothing to send without properties. If it has operators, it may be registered.
struct Bare
{
    Q_GADGET
};
struct Streamed
{
    Q_GADGET
};
QDataStream &operator<<(QDataStream &stream, const Streamed &) // NOLINT: Qt calls it
{
    return stream;
}
QDataStream &operator>>(QDataStream &stream, Streamed &)
{
    return stream;
}

namespace {

QVariant nested(int levels)
{
    QVariant value = 1;
    for (int i = 0; i < levels; ++i)
        value = QVariantList{value};
    return value;
}

}

class TestCborWriter : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void writesTheExamplesOfTheStandard_data();
    void writesTheExamplesOfTheStandard();
    void integersTakeTheShortestForm();
    void textsOfEveryLength();
    void textsWithOneForeignCharacter();
    void halfSurrogatesAreNotWritten();
    void failsWithTheFirstReason();
    void saysWhatHelps_data();
    void saysWhatHelps();
    void appendsAndKeepsTheCapacity();
    void headersAreFilledInLater();
    void takesBackAFailedMessage();
    void largeBytesGoByReference();
    void registersTypesOnce();
};

void TestCborWriter::writesTheExamplesOfTheStandard_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QByteArray>("hex");
    const auto row = [](const QVariant &value, const char *hex) { QTest::newRow(hex) << value << QByteArray(hex); };
    row(0, "00");
    row(23, "17");
    row(24, "1818");
    row(100u, "1864");
    row(1000, "1903e8");
    row(1000000, "1a000f4240");
    row(1000000000000LL, "1b000000e8d4a51000");
    row(std::numeric_limits<quint64>::max(), "1bffffffffffffffff");
    row(-1, "20");
    row(-10, "29");
    row(-100, "3863");
    row(-1000, "3903e7");
    row(std::numeric_limits<qint64>::min(), "3b7fffffffffffffff");
    row(1.1, "fb3ff199999999999a");
    row(-4.1f, "fbc010666660000000");
    row(qInf(), "fb7ff0000000000000");
    row(false, "f4");
    row(true, "f5");
    row(QVariant::fromValue(nullptr), "f6");
    row(QVariant(), "f7");
    row(QByteArray(), "40");
    row(QByteArray::fromHex("01020304"), "4401020304");
    row(QString(), "60");
    row(QStringLiteral("IETF"), "6449455446");
    row(QString::fromUtf8("\u00fc"), "62c3bc");
    row(QString::fromUtf8("\u6c34"), "63e6b0b4");
    row(QString::fromUtf8("\xf0\x90\x85\x91"), "64f0908591");
    row(QVariantList(), "80");
    row(QVariantList{1, 2, 3}, "83010203");
    row(QVariantList{1, QVariantList{2, 3}, QVariantList{4, 5}}, "8301820203820405");
    row(QVariant::fromValue(QList<int>{1, 2}), "820102");
    row(QStringList{QStringLiteral("a")}, "816161");
    row(QVariantMap(), "a0");
    row(QVariantMap{{QStringLiteral("a"), 1}, {QStringLiteral("b"), QVariantList{2, 3}}}, "a26161016162820203");
    row(QJsonObject{{QStringLiteral("a"), QJsonValue::Null}}, "a16161f6");
    row(QVariant::fromValue(QMap<int, bool>{{7, true}}), "a16137f5");
    row(QVariant::fromValue(Qt::Tuesday), "02");
    row(QChar(u'a'), "da515046076161");
    row(QVariant::fromValue(u'a'), "1861");
    row(QDate(2024, 2, 29), "d903ec6a323032342d30322d3239");
    row(QDate(12024, 2, 29), "d903ec6c2b31323032342d30322d3239"); // +12024-02-29
    row(QDate(-44, 3, 15), "d903ec6c2d30303034332d30332d3135"); // -00043-03-15
    row(QDate(), "d903ecf6");
    row(QTime(20, 4, 0, 7), "da5150460f6c32303a30343a30302e303037");
    row(QTime(), "da5150460ff6");
    row(QUrl(QStringLiteral("http://www.example.com")), "d82076687474703a2f2f7777772e6578616d706c652e636f6d");
    row(QUuid(), "d8255000000000000000000000000000000000");
    row(QDateTime(), "db51504c0000000000f6");
    const QDate day(2013, 3, 21);
    const QTime time(20, 4, 0, 7);
    row(QDateTime(day, time, Prefork::Wire::Utc), "c07818323031332d30332d32315432303a30343a30302e3030375a");
    row(QDateTime(day, time, Prefork::Wire::Utc).addSecs(-3600).toOffsetFromUtc(3600),
        "c0781d323031332d30332d32315432303a30343a30302e3030372b30313a3030");
    row(QDateTime(day, time, Prefork::Wire::Utc).toOffsetFromUtc(3661),
        "db51504f0000000e4dc07818323031332d30332d32315432303a30343a30302e3030375a");
    row(QDateTime(day, time, Prefork::Wire::Utc).toTimeZone(QTimeZone("Europe/Berlin")),
        "db51505a4575726f70db51505a652f426572db51505a6c696e0000"
        "c0781d323031332d30332d32315432313a30343a30302e3030372b30313a3030");
    row(QDateTime(QDate(12345, 1, 1), QTime(1, 2), Prefork::Wire::Utc), "c11b0000004c3ac33508");
    row(QDateTime(QDate(12345, 1, 1), QTime(1, 2, 3, 500), Prefork::Wire::Utc).toOffsetFromUtc(-3600),
        "db51504f00fffff1f0c1fb42530eb0cd42e000");
}

void TestCborWriter::writesTheExamplesOfTheStandard()
{
    QFETCH(QVariant, value);
    QFETCH(QByteArray, hex);
    QCOMPARE(written([&](CborWriter &writer) { writer.writeVariant(value); }), hex);
}

void TestCborWriter::integersTakeTheShortestForm()
{
    const auto hex
        = [](quint64 number) { return written([number](CborWriter &writer) { writer.writeUnsigned(number); }); };
    QCOMPARE(hex(255), QByteArray("18ff"));
    QCOMPARE(hex(256), QByteArray("190100"));
    QCOMPARE(hex(65535), QByteArray("19ffff"));
    QCOMPARE(hex(65536), QByteArray("1a00010000"));
    QCOMPARE(hex(0xffffffff), QByteArray("1affffffff"));
    QCOMPARE(hex(0x100000000), QByteArray("1b0000000100000000"));
}

// ASCII is copied in steps of several characters, so the place of the first other character matters, and the length.
void TestCborWriter::textsWithOneForeignCharacter()
{
    const QStringList foreign{QStringLiteral("\u0080"), QStringLiteral("\u00e9"), QStringLiteral("\u0100"),
                              QStringLiteral("\u20ac"), QStringLiteral("\U0001f600")};
    for (const QString &character : foreign) {
        for (int before = 0; before < 70; ++before) {
            for (int behind = 0; behind < 70; behind += 7) {
                const QString text = QString(before, u'a') + character + QString(behind, u'~');
                QByteArray bytes;
                CborWriter writer(&bytes);
                writer.writeText(text);
                writer.finish();
                QCOMPARE(bytes.right(text.toUtf8().size()), text.toUtf8());
                QString read;
                CborReader reader(bytes);
                QVERIFY(reader.readText(&read) && reader.atEnd());
                QCOMPARE(read, text);
                bytes[bytes.size() - behind - 1] = char(0xff);
                CborReader broken(bytes);
                QVERIFY(!broken.readText(&read) && broken.isBroken());
            }
        }
    }
}

void TestCborWriter::textsOfEveryLength()
{
    for (const qsizetype length :
         {0, 1, 22, 23, 24, 85, 86, 127, 128, 255, 256, 16383, 16384, 16385, 21845, 65535, 65536, 70000}) {
        for (const QString &unit : {QStringLiteral("x"), QString::fromUtf8("\u00e9"), QString::fromUtf8("\u6c34"),
                                    QString::fromUtf8("\xf0\x9d\x87\x9a")}) {
            for (const QString &prefix : {QString(), QStringLiteral("y"), QString(QChar(0xfeff))}) {
                const QString text = prefix + unit.repeated(length);
                const QByteArray expected = written([&](CborWriter &writer) { writer.writeUtf8(text.toUtf8()); });
                QCOMPARE(written([&](CborWriter &writer) { writer.writeText(text); }), expected);
            }
        }
    }
}

void TestCborWriter::halfSurrogatesAreNotWritten()
{
    for (const qsizetype before : {0, 1, 30, 16383, 16384}) {
        for (const QString &half : {QString(QChar(0xd834)), QString(QChar(0xdd1e))}) {
            for (const qsizetype after : {0, 1, 30}) {
                const QString text = QString(before, u'x') + half + QString(after, u'x');
                QCOMPARE(written([&](CborWriter &writer) { writer.writeText(text); }),
                         QByteArray("failed: a QString that is not Unicode text: half of a surrogate pair"));
            }
        }
    }
}

void TestCborWriter::failsWithTheFirstReason()
{
    QByteArray bytes;
    CborWriter writer(&bytes);
    writer.writeVariant(QVariantList{QVariant::fromValue(QMargins()), nested(65)});
    QVERIFY(writer.hasFailed());
    QCOMPARE(writer.errorString(),
             QStringLiteral("a value whose type QMargins is not registered here: call registerType() for it"));
    writer.truncate(0);
    QVERIFY(!writer.hasFailed());
    writer.writeVariant(nested(64));
    QVERIFY(!writer.hasFailed());
    writer.writeVariant(nested(65));
    QCOMPARE(writer.errorString(), QStringLiteral("a value nested deeper than 64 levels"));
    writer.truncate(0);
    const QDateTime now = QDateTime::fromMSecsSinceEpoch(1, Prefork::Wire::Utc);
    writer.writeVariant(now.toTimeZone(QTimeZone("Our/Own", 3600, QStringLiteral("Own"), QStringLiteral("O"))));
    QCOMPARE(writer.errorString(),
             QStringLiteral("a QDateTime in the time zone 'Our/Own', which only this program knows"));
    writer.truncate(0);
    writer.writeVariant(QDateTime::fromMSecsSinceEpoch(std::numeric_limits<qint64>::max(), Prefork::Wire::Utc));
    QCOMPARE(writer.errorString(), QStringLiteral("a QDateTime that is too far away for its milliseconds"));
    writer.truncate(0);
    writer.writeVariant(QUrl(QStringLiteral("http://[x")));
    QCOMPARE(writer.errorString(), QStringLiteral("a QUrl that is not valid"));
}

void TestCborWriter::saysWhatHelps_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("reason");
    QTest::newRow("gadget without properties") << QVariant::fromValue(Bare()) << QStringLiteral("give it properties");
    QTest::newRow("one in a list") << QVariant(QVariantList{1, QVariant::fromValue(Bare())})
                                   << QStringLiteral("give it properties");
    QTest::newRow("gadget with operators")
        << QVariant::fromValue(Streamed()) << QStringLiteral("Streamed is not registered here: call registerType()");
    QTest::newRow("pointer to a gadget") << QVariant::fromValue(static_cast<Bare *>(nullptr))
                                         << QStringLiteral("send the value it points to");
}

void TestCborWriter::saysWhatHelps()
{
    QFETCH(QVariant, value);
    QFETCH(QString, reason);
    QByteArray bytes;
    CborWriter writer(&bytes);
    writer.writeVariant(value);
    QVERIFY2(writer.errorString().contains(reason), qPrintable(writer.errorString()));
}

void TestCborWriter::appendsAndKeepsTheCapacity()
{
    QByteArray bytes("before");
    {
        CborWriter writer(&bytes);
        QCOMPARE(writer.position(), 6);
        writer.writeText(QString(1000, u'x'));
    }
    QVERIFY(bytes.startsWith(QByteArray("before\x79\x03\xe8xx")));
    QCOMPARE(bytes.size(), 6 + 3 + 1000);
    bytes.resize(0);
    const char *const data = bytes.constData();
    {
        CborWriter writer(&bytes);
        writer.writeText(QString(900, u'y'));
    }
    QCOMPARE(bytes.constData(), data);
    const QByteArray shared = bytes;
    CborWriter(&bytes).writeNull();
    QCOMPARE(shared.size(), 903);
    QCOMPARE(bytes, shared + '\xf6');
}

void TestCborWriter::headersAreFilledInLater()
{
    QByteArray bytes;
    CborWriter writer(&bytes);
    const qsizetype header = writer.skip(4);
    for (int i = 0; i < 1000; ++i)
        writer.writeUnsigned(quint64(i));
    qToBigEndian(quint32(writer.position()), writer.at(header));
    writer.finish();
    QCOMPARE(qFromBigEndian<quint32>(bytes.constData()), quint32(bytes.size()));
}

void TestCborWriter::takesBackAFailedMessage()
{
    std::vector<CborChunk> chunks;
    QByteArray bytes;
    CborWriter writer(&bytes, nullptr, &chunks);
    const QByteArray large(CborChunkSize, 'x');
    writer.writeBytes(large);
    const qsizetype start = writer.position();
    writer.writeBytes(large);
    writer.writeVariant(QVariant::fromValue(QMargins()));
    QVERIFY(writer.hasFailed());
    writer.truncate(start);
    QVERIFY(!writer.hasFailed());
    QCOMPARE(chunks.size(), std::size_t(1));
    QCOMPARE(writer.chunkBytes(), CborChunkSize);
}

void TestCborWriter::largeBytesGoByReference()
{
    std::vector<CborChunk> chunks;
    const QByteArray small(CborChunkSize - 1, 's');
    const QByteArray large(CborChunkSize, 'l');
    QByteArray flat;
    {
        CborWriter writer(&flat, nullptr, &chunks);
        writer.writeVariant(QVariantList{small, large, 1});
        QCOMPARE(writer.chunkBytes(), CborChunkSize);
    }
    QCOMPARE(chunks.size(), std::size_t(1));
    QCOMPARE(chunks[0].bytes.constData(), large.constData());
    QByteArray whole = flat;
    whole.insert(chunks[0].position, chunks[0].bytes);
    QCOMPARE(whole.toHex(), written([&](CborWriter &writer) { writer.writeVariant(QVariantList{small, large, 1}); }));
}

void TestCborWriter::registersTypesOnce()
{
    TypeRegistry types;
    QVERIFY(types.add<QPoint>("point"));
    QVERIFY(types.add<QPoint>("point"));
    QVERIFY(!types.add<QPoint>("other"));
    QVERIFY(!types.add<QPointF>("point"));
    QVERIFY(!types.add<QPointF>(""));
    QVERIFY(!types.add("void", QMetaType()));
    QVERIFY(!types.add<QObject *>("object"));
    QVERIFY(types.typeOf("object") == QMetaType());
    QCOMPARE(types.typeOf("point"), QMetaType::fromType<QPoint>());
    const TypeRegistry copy = types;
    QVERIFY(types.add<QPointF>("pointf"));
    QVERIFY(!copy.nameOf(QMetaType::fromType<QPointF>()));
    QByteArray bytes;
    CborWriter writer(&bytes, &copy);
    writer.writeVariant(QPoint(1, 2));
    writer.finish();
    QCOMPARE(bytes.toHex(), QByteArray("d81b8365706f696e744800000001000000021") + QByteArray("4"));
}

QTEST_GUILESS_MAIN(TestCborWriter)
#include "tst_cborwriter.moc"
