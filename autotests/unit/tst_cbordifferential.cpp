// SPDX-License-Identifier: MIT
#include "wire/utc_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>

#include <QtCore/QCborArray>
#include <QtCore/QCborMap>
#include <QtCore/QCborStreamReader>
#include <QtCore/QCborValue>
#include <QtCore/QDateTime>
#include <QtCore/QRegularExpression>
#include <QtCore/QUrl>
#include <QtCore/QUuid>
#include <QtTest/QTest>

#include <cmath>
#include <random>

using namespace Prefork::detail;

namespace {

using Random = std::mt19937;

uint below(Random &random, uint end)
{
    return std::uniform_int_distribution<uint>(0, end - 1)(random);
}

QString randomText(Random &random)
{
    static const QList<QString> units{QStringLiteral("a"),         QString::fromUtf8("\u00e9"),
                                      QString::fromUtf8("\u6c34"), QString::fromUtf8("\xf0\x9d\x87\x9a"),
                                      QString(QChar(0)),           QStringLiteral("0123456789")};
    QString text = QStringLiteral("");
    for (uint i = below(random, 8); i > 0; --i)
        text += units.at(below(random, uint(units.size())));
    return text;
}

QCborValue randomValue(Random &random, int depth = 0)
{
    const uint kind = below(random, depth < 4 ? 15 : 12);
    switch (kind) {
    case 0:
        return qint64(below(random, 1000)) - 500;
    case 1:
        return qint64((quint64(random()) << 32 | random()) >> below(random, 64));
    case 2:
        return -qint64((quint64(random()) << 32 | random()) >> (1 + below(random, 63)));
    case 3:
        return double(below(random, 1000)) / 8;
    case 4:
        return std::ldexp(double(random()), int(below(random, 200)) - 100);
    case 5:
        return below(random, 2) == 0;
    case 6:
        return nullptr;
    case 7:
        return randomText(random).toUtf8();
    case 8:
        return QCborValue(QDateTime::fromMSecsSinceEpoch(qint64(random()) * 500, Prefork::Wire::Utc));
    case 9:
        return QCborValue(QUuid::fromRfc4122(QByteArray(16, char(random()))));
    case 10:
        return QCborValue(QUrl(QStringLiteral("https://example.org/?") + QString::number(random())));
    case 12:
    case 13: {
        QCborArray array;
        for (uint i = below(random, 5); i > 0; --i)
            array.append(randomValue(random, depth + 1));
        return array;
    }
    case 14: {
        // Not by QCborMap's own operator[]: that of Qt 6.8.2 compares keys beyond ASCII as if they were of one length,
        // and so reads behind the shorter one.
        QVariantMap map;
        for (uint i = below(random, 5); i > 0; --i)
            map.insert(randomText(random), QVariant::fromValue(randomValue(random, depth + 1)));
        return QCborMap::fromVariantMap(map);
    }
    default:
        return randomText(random);
    }
}

QByteArray mutated(Random &random, QByteArray bytes)
{
    static const QByteArray interesting = QByteArray::fromHex("001718191a1b1c1f20383b40585b5f607f8180989fa0a1bf"
                                                              "c0c1c6d81bd820d825f4f6f7f8f9fafbfcff80c3ed");
    for (uint i = 1 + below(random, 3); i > 0 && !bytes.isEmpty(); --i) {
        const qsizetype at = below(random, uint(bytes.size()));
        const char byte
            = below(random, 2) == 0 ? char(random()) : interesting.at(below(random, uint(interesting.size())));
        switch (below(random, 4)) {
        case 0:
            bytes[at] = byte;
            break;
        case 1:
            bytes.insert(at, byte);
            break;
        case 2:
            bytes.remove(at, 1 + below(random, 4));
            break;
        default:
            bytes[at] = char(bytes.at(at) ^ (1 << below(random, 8)));
            break;
        }
    }
    return bytes;
}

// Qt's value as our reader gives it: tags it does not know are gone.
QVariant asVariant(const QCborValue &value)
{
    switch (value.type()) {
    case QCborValue::Array: {
        QVariantList list;
        for (const QCborValue item : value.toArray())
            list.append(QVariant(asVariant(item)));
        return list;
    }
    case QCborValue::Map: {
        QVariantMap map;
        for (const auto entry : value.toMap())
            map.insert(entry.first.toString(), asVariant(entry.second));
        return map;
    }
    case QCborValue::Tag:
        return asVariant(value.taggedValue());
    case QCborValue::RegularExpression:
        return value.toRegularExpression().pattern();
    default:
        return value.toVariant();
    }
}

bool isSame(const QVariant &ours, const QVariant &theirs)
{
    if (ours.typeId() == QMetaType::Double && std::isnan(ours.toDouble()))
        return theirs.typeId() == QMetaType::Double && std::isnan(theirs.toDouble());
    if (ours.typeId() == QMetaType::QDateTime && (ours.toDate().year() < 0 || ours.toDate().year() > 9999))
        return true; // Qt keeps dates as texts of ISO 8601, and loses these
    if (ours.typeId() == QMetaType::ULongLong) // Qt has no such integers, and makes them doubles
        return theirs.toDouble() == double(ours.toULongLong());
    if (ours.typeId() == QMetaType::QString) { // Qt drops byte order marks
        const QString mark(QChar(0xfeff));
        return ours.toString().remove(mark) == theirs.toString().remove(mark);
    }
    if (ours.typeId() == QMetaType::QVariantList) {
        const QVariantList a = ours.toList();
        const QVariantList b = theirs.toList();
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), isSame);
    }
    if (ours.typeId() == QMetaType::QVariantMap) {
        const QVariantMap a = ours.toMap();
        const QVariantMap b = theirs.toMap();
        bool same = a.size() == b.size();
        for (auto entry = a.begin(); entry != a.end(); ++entry)
            same = same && b.contains(entry.key()) && isSame(entry.value(), b.value(entry.key()));
        return same;
    }
    return ours.metaType() == theirs.metaType() && ours == theirs;
}

// The reasons for which CborReader refuses what CBOR allows, as its class comment has them.
bool isStrictness(const QString &error)
{
    static const QList<QString> reasons{QStringLiteral("not UTF-8"),     QStringLiteral("map key"),
                                        QStringLiteral("simple value"),  QStringLiteral("deeper than"),
                                        QStringLiteral("(tag "),         QStringLiteral("is not registered"),
                                        QStringLiteral("integer below"), QStringLiteral("many times"),
                                        QStringLiteral("a tag for"),     QStringLiteral("time zone")};
    return std::any_of(reasons.begin(), reasons.end(),
                       [&error](const QString &reason) { return error.contains(reason); });
}

// Not QCborValue::fromCbor(bytes), which reads what is not there when a string at the top is cut off.
bool parse(const QByteArray &bytes, QCborValue *value)
{
    QCborStreamReader reader(bytes);
    if (reader.isString() || reader.isByteArray()) {
        if (reader.isLengthKnown() && reader.length() > quint64(bytes.size()))
            return false;
    }
    *value = QCborValue::fromCbor(reader);
    return reader.lastError() == QCborError::NoError && reader.currentOffset() == bytes.size();
}

}

class TestCborDifferential : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void readsWhatQtWrites();
    void qtReadsWhatIsWritten();
    void agreesAboutMutations();

private:
    uint m_seed = 0;
};

void TestCborDifferential::initTestCase()
{
    m_seed = qEnvironmentVariableIsSet("PREFORK_CBOR_SEED") ? uint(qEnvironmentVariableIntValue("PREFORK_CBOR_SEED"))
                                                            : std::random_device()();
    qInfo("PREFORK_CBOR_SEED=%d", int(m_seed));
}

void TestCborDifferential::readsWhatQtWrites()
{
    Random random(m_seed);
    for (int i = 0; i < 10000; ++i) {
        const QCborValue document = randomValue(random);
        const QByteArray bytes
            = document.toCbor(below(random, 2) == 0 ? QCborValue::UseFloat16 : QCborValue::NoTransformation);
        CborReader reader(bytes);
        QVariant ours;
        QVERIFY2(reader.readVariant(&ours) && reader.atEnd(),
                 qPrintable(reader.errorString() + QLatin1String(bytes.toHex())));
        QVERIFY2(isSame(ours, asVariant(document)), bytes.toHex().constData());
    }
}

void TestCborDifferential::qtReadsWhatIsWritten()
{
    Random random(m_seed + 1);
    for (int i = 0; i < 10000; ++i) {
        const QVariant value = asVariant(randomValue(random));
        QByteArray bytes;
        CborWriter(&bytes).writeVariant(value);
        QCborValue theirs;
        QVERIFY2(parse(bytes, &theirs), bytes.toHex().constData());
        QVERIFY2(isSame(value, asVariant(theirs)), bytes.toHex().constData());
    }
}

void TestCborDifferential::agreesAboutMutations()
{
    Random random(m_seed + 2);
    int accepted = 0;
    for (int i = 0; i < 50000; ++i) {
        const QByteArray bytes = mutated(random, randomValue(random).toCbor());
        CborReader reader(bytes);
        QVariant ours;
        const bool isRead = reader.readVariant(&ours) && reader.atEnd();
        CborReader skipping(bytes);
        const bool isSkipped = skipping.skip() && skipping.atEnd();
        QVERIFY2(isSkipped || !isRead, bytes.toHex().constData());
        QCborValue theirs;
        const bool isTheirs = parse(bytes, &theirs);
        if (isRead) {
            ++accepted;
            QVERIFY2(isTheirs, bytes.toHex().constData());
            QVERIFY2(isSame(ours, asVariant(theirs)), bytes.toHex().constData());
        } else if (isTheirs) {
            QVERIFY2(isStrictness(reader.errorString()),
                     qPrintable(reader.errorString() + QLatin1String(" ") + QLatin1String(bytes.toHex())));
        }
    }
    QVERIFY(accepted > 1000);
}

QTEST_GUILESS_MAIN(TestCborDifferential)
#include "tst_cbordifferential.moc"
