// SPDX-License-Identifier: MIT
#include <QtPrefork/Address>

#include <QtCore/QDir>
#include <QtCore/QTemporaryDir>

#include <QtTest/QTest>

using Prefork::Address;

class TestAddress : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aRelativePathNeedsADirectory()
    {
        const QString before = QDir::currentPath();
        QTemporaryDir directory;
        QVERIFY(QDir::setCurrent(directory.path()) && directory.remove());
        const Address relative = Address::unixSocket(QStringLiteral("s.socket"));
        QVERIFY(QDir::setCurrent(before));
        QVERIFY(!relative.isValid());
        QVERIFY(relative.errorString().contains(QStringLiteral("has been removed")));
    }
    void understands_data();
    void understands();
    void refuses_data();
    void refuses();
    void makesRelativePathsAbsoluteOnce();
    void countsTheBytesOfAnAbsolutePath();
    void comesFromAnyString();
    void isCheckedHoweverItIsMade();
    void doesNotCutPathsAsUrlsAreCut();
};

void TestAddress::understands_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<Address>("expected");
    QTest::newRow("unix") << QStringLiteral("unix:/run/x.socket")
                          << Address::unixSocket(QStringLiteral("/run/x.socket"));
    QTest::newRow("tcp") << QStringLiteral("tcp://localhost:80") << Address::tcp(QStringLiteral("localhost"), 80);
    QTest::newRow("IPv6") << QStringLiteral("tcp://[::1]:8080") << Address::tcp(QStringLiteral("::1"), 8080);
    QTest::newRow("any port") << QStringLiteral("tcp://127.0.0.1:0") << Address::tcp(QStringLiteral("127.0.0.1"), 0);
}

void TestAddress::understands()
{
    QFETCH(QString, text);
    const Address address(text);
    QVERIFY2(address.isValid(), qPrintable(address.errorString()));
    QTEST(address, "expected");
    QCOMPARE(address.toString(), text);
    QCOMPARE(Address(address.toString()), address);
}

void TestAddress::refuses_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("hint");
    QTest::newRow("empty") << QString() << QStringLiteral("empty address");
    QTest::newRow("scheme") << QStringLiteral("http://a:1") << QStringLiteral("unknown address 'http://a:1'");
    QTest::newRow("bare path") << QStringLiteral("/run/x") << QStringLiteral("unknown address '/run/x'");
    QTest::newRow("no path") << QStringLiteral("unix:") << QStringLiteral("names no socket file");
    QTest::newRow("directory") << QStringLiteral("unix:/tmp/") << QStringLiteral("names no socket file");
    QTest::newRow("abstract") << QStringLiteral("unix:@x") << QStringLiteral("abstract socket");
    QTest::newRow("no port") << QStringLiteral("tcp://localhost") << QStringLiteral("no port");
    QTest::newRow("port too big") << QStringLiteral("tcp://localhost:65536") << QStringLiteral("no port");
    QTest::newRow("port as text") << QStringLiteral("tcp://localhost:http") << QStringLiteral("no port");
    QTest::newRow("no host") << QStringLiteral("tcp://:80") << QStringLiteral("no valid host");
    QTest::newRow("signed port") << QStringLiteral("tcp://localhost:+80") << QStringLiteral("no port");
    QTest::newRow("space") << QStringLiteral("tcp://a b:80") << QStringLiteral("no valid host");
    QTest::newRow("naked IPv6") << QStringLiteral("tcp://::1:80") << QStringLiteral("no valid host");
}

void TestAddress::refuses()
{
    QFETCH(QString, text);
    QFETCH(QString, hint);
    const Address address(text);
    QVERIFY(!address.isValid());
    QVERIFY2(address.errorString().contains(hint), qPrintable(address.errorString()));
    QCOMPARE(address.toString(), QString());
}

void TestAddress::makesRelativePathsAbsoluteOnce()
{
    const Address address("unix:x.socket");
    QCOMPARE(address.path(), QDir::currentPath() + QStringLiteral("/x.socket"));
}

void TestAddress::countsTheBytesOfAnAbsolutePath()
{
    QVERIFY(Address(QStringLiteral("unix:/") + QString(106, u'x')).isValid());
    const Address tooLong(QStringLiteral("unix:/") + QString(107, u'x'));
    QVERIFY(!tooLong.isValid());
    QVERIFY2(tooLong.errorString().contains(QStringLiteral("has 108 bytes, and the kernel allows 107")),
             qPrintable(tooLong.errorString()));
    QVERIFY(!Address(QStringLiteral("unix:/") + QString(54, u'λ')).isValid());
}

void TestAddress::comesFromAnyString()
{
    const auto pathOf = [](const Address &address) { return address.path(); };
    const QString path = QStringLiteral("/a");
    QCOMPARE(pathOf("unix:/a"), path);
    QCOMPARE(pathOf(QStringLiteral("unix:/a")), path);
    QCOMPARE(pathOf(QByteArray("unix:/a")), path);
    QCOMPARE(pathOf(QLatin1StringView("unix:/a")), path);
    QCOMPARE(pathOf(QStringView(u"unix:/a")), path);
    QCOMPARE(Address(QUrl(QStringLiteral("tcp://localhost:80"))), Address::tcp(QStringLiteral("localhost"), 80));
    QCOMPARE(Address(QUrl(QStringLiteral("tcp://[::1]:80"))), Address::tcp(QStringLiteral("::1"), 80));
    const QString strange = QStringLiteral("unix:/tmp/\u00e4 b%.socket");
    QCOMPARE(Address(QUrl::fromEncoded("unix:" + QUrl::toPercentEncoding(strange.sliced(5), "/"))), Address(strange));
}

void TestAddress::isCheckedHoweverItIsMade()
{
    QVERIFY(!Address::tcp(QString(), 80).isValid());
    QVERIFY(!Address::unixSocket(QString()).isValid());
}

void TestAddress::doesNotCutPathsAsUrlsAreCut()
{
    QCOMPARE(Address("unix:/a#b?c%20d").path(), QStringLiteral("/a#b?c%20d"));
}

QTEST_APPLESS_MAIN(TestAddress)
#include "tst_address.moc"
