// SPDX-License-Identifier: MIT
// Replays the worked examples of docs/protocol.md: a worker answers them byte for byte, and our client says just that.
#include "helpers/readresult.h"
#include "wire/nativeprotocol_p.h"
#include "worker/nativesession_p.h"

#include <QtCore/QFile>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <cstring>
#include <list>

using namespace Prefork;
using namespace Prefork::Internal;

namespace {

constexpr Method<int(int, int)> add{"add"};

struct Line
{
    bool isToWorker;
    QByteArray bytes;
};

// Lines of hexadecimal bytes after an arrow, up to two spaces and a remark; further ones are indented.
QList<Line> examples()
{
    QFile file(QStringLiteral(PROTOCOL_PAGE));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString page = QString::fromUtf8(file.readAll());
    page = page.section(QStringLiteral("### A session, byte by byte"), 1).section(QStringLiteral("```"), 1, 1);
    static const QRegularExpression shape(QStringLiteral("^([→← ]) ((?:[0-9A-F]{2} ?)+)(?:  .*)?$"));
    QList<Line> lines;
    for (const QString &text : page.split(u'\n', Qt::SkipEmptyParts)) {
        const auto match = shape.match(text);
        if (!match.hasMatch())
            return {};
        const QByteArray bytes = QByteArray::fromHex(match.captured(2).toLatin1());
        if (match.captured(1) == u" ")
            lines.last().bytes += bytes;
        else
            lines.append({match.captured(1) == u"→", bytes});
    }
    return lines;
}

}

class TestNativeProtocol : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aWorkerAnswersAsThePageSays();
    void ourClientSaysWhatThePageSays();
    void aHelloHasRoomForSoManyMethods();
    void aHelloIsNoLongerThanThat();
};

void TestNativeProtocol::aWorkerAnswersAsThePageSays()
{
    Interface interface;
    interface.add(add, [](int a, int b) {
        if (b < 0)
            throw Error(QStringLiteral("no luck"));
        return a + b;
    });
    interface.checkoutDone([] { });
    QByteArray written;
    ScoreboardPage page;
    NativeSession session(InterfacePrivate::of(interface), 65536, &page, [&written](QByteArrayView bytes) {
        written.append(bytes);
        return true;
    });
    const QList<Line> lines = examples();
    QVERIFY(lines.size() >= 8);
    QByteArray expected;
    for (const Line &line : lines) {
        if (!line.isToWorker)
            expected += line.bytes;
        else
            QVERIFY2(session.serve(line.bytes), qPrintable(session.errorString()));
    }
    QCOMPARE(written.toHex(' ').toUpper(), expected.toHex(' ').toUpper());
}

void TestNativeProtocol::ourClientSaysWhatThePageSays()
{
    const auto types = std::make_shared<detail::TypeRegistry>();
    Wire::Native::ConnectionCodec codec(65536, types);
    QByteArray said;
    QVERIFY(codec.greet(&said));
    const auto call = [&](int a, int b, quint64 id, quint64 group) {
        const auto &signature = detail::signatureOf<int, int, int>();
        QVERIFY(codec.encodeCall({"add", {}, &signature, {}}, detail::TypedArguments<int, int>(a, b), id, group, &said)
                > 0);
    };
    const QList<Line> lines = examples();
    QByteArray expected;
    for (const Line &line : lines) {
        if (line.isToWorker) {
            expected += line.bytes;
            continue;
        }
        const std::span<char> space = codec.space();
        std::copy(line.bytes.begin(), line.bytes.end(), space.begin());
        codec.received(line.bytes.size());
        Wire::Incoming message;
        while (codec.next(&message) == Wire::Decoded::Message) {
            if (message.kind == Wire::Incoming::Hello) { // only now it knows what a message may weigh
                call(2, 3, 1, 1);
                call(2, -3, 2, 1);
                call(4, 5, 3, 1);
            } else if (message.kind == Wire::Incoming::Failure) {
                QCOMPARE(message.failure.message, QStringLiteral("no luck"));
                call(4, 5, 4, 2);
                codec.encodeDone(4, &said);
            } else if (message.kind == Wire::Incoming::Result) {
                const auto handler = detail::makeHandler<int>();
                std::optional<QString> misfit;
                QVERIFY(Test::readResult(codec, handler.get(), &misfit));
                QCOMPARE(handler->result(), QVariant(message.id == 1 ? 5 : 9));
            }
        }
        QCOMPARE(codec.errorString(), QString());
    }
    QCOMPARE(said.toHex(' ').toUpper(), expected.toHex(' ').toUpper());
}

// Whatever the worker has of them: the rest is not checked, but can be called.
void TestNativeProtocol::aHelloHasRoomForSoManyMethods()
{
    constexpr qsizetype Limit = 64 * 1024 * 1024;
    Interface interface;
    for (int i = 0; i < 7000; ++i)
        interface.add(MethodName(QString::number(i) + QString(900, u'x')),
                      [](const QVariantList &) { return QVariant(); });
    InterfacePrivate &d = InterfacePrivate::of(interface);
    std::list<QByteArray> names; // typed ones have literals
    for (int i = 0; i < 7000; ++i) {
        names.push_back(QByteArray::number(i) + QByteArray(900, 'y'));
        interface.add(Method<void()>(names.back().constData()), [] { });
    }
    QCOMPARE(d.methods.size(), std::size_t(14000));
    QByteArray written;
    ScoreboardPage page;
    NativeSession session(d, Limit, &page, [&written](QByteArrayView bytes) {
        written.append(bytes);
        return true;
    });
    Wire::Native::ConnectionCodec codec(Limit, std::make_shared<detail::TypeRegistry>());
    QByteArray greeting;
    QVERIFY(codec.greet(&greeting));
    QVERIFY2(session.serve(greeting), qPrintable(session.errorString()));
    QVERIFY(written.size() > Wire::Native::MaxHelloSize / 2);
    Wire::Incoming message;
    Wire::Decoded decoded = Wire::Decoded::Nothing;
    for (QByteArrayView rest = written; !rest.isEmpty();) {
        const std::span<char> space = codec.space();
        const qsizetype count = std::min(rest.size(), qsizetype(space.size()));
        std::memcpy(space.data(), rest.data(), std::size_t(count));
        codec.received(count);
        rest = rest.sliced(count);
        decoded = codec.next(&message);
    }
    QVERIFY2(decoded == Wire::Decoded::Message, qPrintable(codec.errorString()));
    QCOMPARE(message.kind, Wire::Incoming::Hello);
}

void TestNativeProtocol::aHelloIsNoLongerThanThat()
{
    Wire::Native::PacketBuffer buffer(64 * 1024 * 1024);
    const auto hear = [&buffer](const QByteArray &bytes) {
        const std::span<char> space = buffer.space();
        std::memcpy(space.data(), bytes.constData(), std::size_t(bytes.size()));
        buffer.received(bytes.size());
        Wire::Native::Packet packet;
        return buffer.next(&packet);
    };
    const auto headerOf = [](qsizetype length) {
        QByteArray bytes(Wire::Native::Header::Size, Qt::Uninitialized);
        Wire::Native::Header{quint32(length), Wire::Native::Hello, true, 0}.write(bytes.data());
        return bytes;
    };
    QCOMPARE(hear("Q]PF"), Wire::Decoded::Nothing);
    QCOMPARE(hear(headerOf(Wire::Native::MaxHelloSize + 1)), Wire::Decoded::Broken);
}

QTEST_APPLESS_MAIN(TestNativeProtocol)
#include "tst_nativeprotocol.moc"
