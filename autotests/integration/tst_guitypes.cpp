// SPDX-License-Identifier: MIT
// Values of Qt Gui, to a worker and back, in a program without a QGuiApplication and without a registration.
#include <QtPrefork/GuiTypes>

#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>

using namespace Prefork;

class Drawing
{
    Q_GADGET
    Q_PROPERTY(QColor color MEMBER color)
    Q_PROPERTY(QList<QPolygonF> shapes MEMBER shapes)
    Q_PROPERTY(std::optional<QFont> font MEMBER font)

public:
    QColor color;
    QList<QPolygonF> shapes;
    std::optional<QFont> font;
    friend bool operator==(const Drawing &, const Drawing &) = default;
};

namespace {

inline constexpr Method<QColor(QColor)> color{"color"};
inline constexpr Method<QImage(QImage)> image{"image"};
inline constexpr Method<QFont(QFont)> font{"font"};
inline constexpr Method<QPen(QPen)> pen{"pen"};
inline constexpr Method<QPolygon(QPolygon)> polygon{"polygon"};
inline constexpr Method<QPolygonF(QPolygonF)> polygonF{"polygonF"};
inline constexpr Method<QTransform(QTransform)> transform{"transform"};
inline constexpr Method<QVector3D(QVector3D)> vector{"vector"};
inline constexpr Method<std::map<int, QColor>(std::map<int, QColor>)> colors{"colors"};
inline constexpr Method<Drawing(Drawing)> drawing{"drawing"};
inline constexpr Method<QPainterPath(QPainterPath)> path{"path"};
inline constexpr Method<QKeySequence(QKeySequence)> keys{"keys"};
inline constexpr Method<QRegion(QRegion)> region{"region"};

template <class T>
T same(T value)
{
    return value;
}

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add(color, same<QColor>);
    interface.add(image, same<QImage>);
    interface.add(font, same<QFont>);
    interface.add(pen, same<QPen>);
    interface.add(polygon, same<QPolygon>);
    interface.add(polygonF, same<QPolygonF>);
    interface.add(transform, same<QTransform>);
    interface.add(vector, same<QVector3D>);
    interface.add(colors, same<std::map<int, QColor>>);
    interface.add(drawing, same<Drawing>);
    interface.add(path, same<QPainterPath>);
    interface.add(keys, same<QKeySequence>);
    interface.add(region, same<QRegion>);
}

QByteArray encoded(const QImage &picture)
{
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    detail::ImageOperators::save(stream, &picture);
    return bytes;
}

template <class... T>
bool isHinted()
{
    const auto isOne = [](const char *name) {
        const bool namesHeader = detail::TypeRegistry::missing(nullptr, name).contains("<QtPrefork/GuiTypes>");
        if (!namesHeader)
            qWarning("the error for a %s does not name the header", name);
        return namesHeader;
    };
    return (isOne(QMetaType::fromType<T>().name()) && ...);
}

bool isDecoded(const QByteArray &bytes)
{
    QImage picture;
    QDataStream stream(bytes);
    return detail::ImageOperators::load(stream, &picture);
}

}

class GuiTypesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.maxWorkers = 1, .reuseAfterError = true});
        m_checkout = m_client->checkout();
    }

    // The library is not linked with Qt Gui, so it has the names of these types in a list of its own.
    void theHintForEachTypeNamesTheHeader()
    {
        QVERIFY((isHinted<QBrush, QColor, QColorSpace, QFont, QImage, QKeySequence, QMatrix4x4, QPainterPath, QPalette,
                          QPen, QPolygon, QPolygonF>()));
        QVERIFY((isHinted<QQuaternion, QRegion, QTextLength, QTransform, QVector2D, QVector3D, QVector4D>()));
    }
    void valuesComeBackAsTheyAre()
    {
        QVERIFY(comesBack(color, QColor(1, 2, 3, 4)));
        QVERIFY(comesBack(color, QColor::fromHslF(0.5f, 0.25f, 0.75f)));
        QVERIFY(comesBack(color, QColor()));
        QFont italic("Serif", 11, QFont::Bold, true);
        italic.setLetterSpacing(QFont::AbsoluteSpacing, 1.5);
        QVERIFY(comesBack(font, italic));
        QVERIFY(comesBack(pen, QPen(QBrush(Qt::red, Qt::Dense3Pattern), 2.5, Qt::DashLine)));
        QVERIFY(comesBack(polygon, QPolygon({{1, 2}, {3, 4}})));
        QVERIFY(comesBack(transform, QTransform().rotate(30)));
        QVERIFY(comesBack(vector, QVector3D(1, 2, 3)));
        QPainterPath curve({1, 2});
        curve.cubicTo(1, 2, 3, 4, 5, 6);
        QVERIFY(comesBack(path, curve) && comesBack(path, QPainterPath()));
        QVERIFY(comesBack(keys, QKeySequence("Ctrl+A")) && comesBack(keys, QKeySequence()));
        QVERIFY(comesBack(region, QRegion(1, 2, 3, 4) + QRegion(9, 9, 1, 1)) && comesBack(region, QRegion()));
        QVERIFY(comesBack(colors, std::map<int, QColor>{{1, Qt::red}, {-2, QColor()}}));
        Drawing sketch;
        sketch.color = Qt::darkBlue;
        sketch.shapes = {QPolygonF({{0.5, 1}, {2, 3}}), QPolygonF()};
        sketch.font = italic;
        QVERIFY(comesBack(drawing, sketch));
    }
    void imagesKeepTheirFormatAndPixels_data()
    {
        QTest::addColumn<QImage>("picture");
        QTest::newRow("null") << QImage();
        for (const auto format :
             {QImage::Format_Mono, QImage::Format_Indexed8, QImage::Format_RGB16, QImage::Format_RGB888,
              QImage::Format_ARGB32_Premultiplied, QImage::Format_RGBA64, QImage::Format_Grayscale16}) {
            QImage picture(13, 7, format);
            picture.fill(0);
            if (format == QImage::Format_Mono || format == QImage::Format_Indexed8)
                picture.setColorTable({qRgb(1, 2, 3), qRgba(4, 5, 6, 7)});
            for (int y = 0; y < picture.height(); ++y)
                picture.scanLine(y)[0] = uchar(format == QImage::Format_Indexed8 ? 1 : 8 * y);
            picture.setDevicePixelRatio(2);
            picture.setDotsPerMeterX(1234);
            picture.setText("Title", "a title");
            QTest::newRow(qPrintable(QString::number(format))) << picture;
        }
    }
    void imagesKeepTheirFormatAndPixels()
    {
        QFETCH(QImage, picture);
        const QFuture<QImage> future = m_checkout->future(image, picture);
        WAIT_FOR(future.isFinished());
        const QImage result = future.result();
        QCOMPARE(result, picture);
        QCOMPARE(result.format(), picture.format());
        QCOMPARE(result.colorTable(), picture.colorTable());
        QCOMPARE(result.devicePixelRatio(), picture.devicePixelRatio());
        QCOMPARE(result.dotsPerMeterX(), picture.dotsPerMeterX());
        QCOMPARE(result.text("Title"), picture.text("Title"));
        QCOMPARE(encoded(result), encoded(picture));
    }
    void imagesThatLieAreNone()
    {
        QImage picture(4, 3, QImage::Format_RGB32);
        picture.fill(Qt::red);
        const QByteArray bytes = encoded(picture);
        QVERIFY(isDecoded(bytes));
        for (qsizetype length = 0; length < bytes.size(); ++length)
            QVERIFY2(!isDecoded(bytes.first(length)), qPrintable(QString::number(length)));
        for (int position = 0; position < 12; ++position) { // format, width and height
            for (const char byte : {'\x7f', '\xff', '\x40'}) {
                QByteArray wrong = bytes;
                wrong[position] = byte;
                QVERIFY2(!isDecoded(wrong), qPrintable(QString::number(position)));
            }
        }
    }

    void countsThatLieAreNone_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QByteArray>("bytes");
        const QByteArray many("\x7f\xff\xff\xff");
        QByteArray picture = encoded(QImage(4, 3, QImage::Format_RGB32));
        picture.replace(36, 4, many);
        QTest::newRow("colours of an image") << QByteArray("image") << picture;
        QTest::newRow("points") << QByteArray("polygon") << many + QByteArray(16, '\1');
        QTest::newRow("pieces of a path") << QByteArray("path") << many + QByteArray(20, '\0');
        QTest::newRow("keys") << QByteArray("keys") << many + QByteArray(4, '\1');
        QTest::newRow("rectangles") << QByteArray("region")
                                    << QByteArray("\0\0\0\x18\0\0\0\x0a", 8) + many + QByteArray(16, '\1');
        const QByteArray nested("\0\0\0\x10\0\0\0\6\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        QTest::newRow("regions in a region") << QByteArray("region") << nested;
    }
    void countsThatLieAreNone()
    {
        QFETCH(QByteArray, method);
        QFETCH(QByteArray, bytes);
        const QString text = "data:application/x-qt-value;base64," + QString::fromLatin1(bytes.toBase64());
        QCOMPARE(Test::failure(m_checkout, method, {text}).code(), Error::BadArguments);
        QVERIFY2(Test::call(m_checkout, "pid").result, "it has cost no more than the call");
    }

    // A QPolygon is a list too, and yet it is sent as one piece, typed or by name.
    void polygonsAreWhole()
    {
        const QPolygon square({{0, 0}, {4, 0}, {4, 4}, {0, 4}});
        const QVariant result = Test::answer(m_checkout, "polygon", {square});
        if (Test::isNative())
            QCOMPARE(result, QVariant::fromValue(square));
        else
            QVERIFY(result.toString().startsWith("data:application/x-qt-value;base64,"));
        QCOMPARE(Test::answer(m_checkout, "polygon", {result}), result);
        QCOMPARE(Test::answer(m_checkout, "polygonF", {QPolygonF(square)}).isNull(), false);
        QVERIFY(comesBack(polygonF, QPolygonF({{0.5, 1}, {2, 3}})) && comesBack(polygonF, QPolygonF()));
    }
    void polygonsMayBeListsOfPoints()
    {
        const QVariantList points{QPoint(1, 2), QVariant(QVariantList{3, 4})};
        const QVariant result = Test::answer(m_checkout, "polygon", {QPolygon({{1, 2}, {3, 4}})});
        QCOMPARE(Test::answer(m_checkout, "polygon", {QVariant(points)}), result);
        QCOMPARE(Test::failure(m_checkout, "polygon", {QVariant(QVariantList{5})}).code(), Error::BadArguments);
        QCOMPARE(Test::failure(m_checkout, "polygon", {QVariant(QVariantList{QPointF(0.5, 1)})}).code(),
                 Error::BadArguments);
    }

    void variantsHoldThem()
    {
        const QVariant result = Test::answer(m_checkout, "color", {QVariant::fromValue(QColor(Qt::green))});
        if (Test::isNative())
            QCOMPARE(result, QVariant::fromValue(QColor(Qt::green)));
        else
            QVERIFY(result.toString().startsWith("data:application/x-qt-value;base64,"));
        QCOMPARE(Test::answer(m_checkout, "color", {result}), result);
        QCOMPARE(Test::answer(m_checkout, "color", {"#00ff00"}), result);
        QCOMPARE(Test::failure(m_checkout, "color", {"data:application/x-qt-value;base64,AAAA"}).code(),
                 Error::BadArguments);
        QCOMPARE(Test::failure(m_checkout, "image", {5}).code(), Error::BadArguments);
    }

private:
    template <class T>
    bool comesBack(const Method<T(T)> &method, const T &value)
    {
        const QFuture<T> future = m_checkout->future(method, value);
        if (!Test::waitUntil([&] { return future.isFinished(); }))
            return false;
        try {
            return future.result() == value;
        } catch (const Error &error) {
            qWarning().noquote() << error.message();
            return false;
        }
    }

    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
};

PREFORK_TEST_MAIN(GuiTypesTest, fill)
#include "tst_guitypes.moc"
