// SPDX-License-Identifier: MIT
// Replays the worked examples of docs/protocol.md: a worker answers them byte for byte, and our client says just that.
#include "helpers/fakechannel.h"
#include "helpers/readresult.h"
#include "wire/headerscanner_p.h"
#include "wire/nativeprotocol_p.h"
#include "worker/nativesession_p.h"

#include <QtPrefork/Worker>

#include <QtCore/QFile>
#include <QtCore/QRandomGenerator>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <algorithm>
#include <cstring>
#include <list>

using namespace Prefork;
using namespace Prefork::Internal;

namespace {

constexpr Method<int(int, int)> add{"add"};
constexpr Method<int(int)> count{"count"};
constexpr Event<int> tick{"tick"};

struct Line
{
    bool isToWorker;
    QByteArray bytes;
};

// Lines of hexadecimal bytes after an arrow, up to two spaces and a remark; further ones are indented.
QList<Line> examples(const QString &heading = QStringLiteral("### A session, byte by byte"))
{
    QFile file(QStringLiteral(PROTOCOL_PAGE));
    if (!file.open(QIODevice::ReadOnly))
        return {};
    QString page = QString::fromUtf8(file.readAll());
    page = page.section(heading, 1).section(QStringLiteral("```"), 1, 1);
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
    void whatAWorkerSaysOfACall();
    void signaturesInWords_data();
    void signaturesInWords();
    void otherSignaturesAreTold();
    void aClientSpeaksOnlyOfWhatTheWorkerNames_data();
    void aClientSpeaksOnlyOfWhatTheWorkerNames();
    void anOldClientIsServedAsBefore();
    void anOldWorkerIsSpokenToAsBefore();
    void aWorkerTellsItsProcess();
    void aWorkerAnswersAsThePageSays();
    void ourClientSaysWhatThePageSays();
    void aWorkerSaysOfCallsWhatThePageSays();
    void ourClientUnderstandsWhatThePageSaysOfCalls();
    void aScannerFindsTheSameHowEverTheBytesAreCut();
    void aScannerLooksAtNothingBehindABadHeader();
    void aHelloHasRoomForSoManyMethods();
    void aHelloIsNoLongerThanThat();
};

void TestNativeProtocol::whatAWorkerSaysOfACall()
{
    using Test::text;
    Wire::Native::ConnectionCodec codec(1 << 20, std::make_shared<detail::TypeRegistry>());
    Wire::Incoming message;
    const auto next = [&](const QByteArray &bytes) {
        const std::span<char> space = codec.space();
        std::copy(bytes.begin(), bytes.end(), space.begin());
        codec.received(bytes.size());
        return codec.next(&message);
    };
    QCOMPARE(next(Test::featuredHello()), Wire::Decoded::Message);
    const QByteArray name = "a\nb\xce\xbb"; // nobody makes it one line
    QCOMPARE(next(Test::eventOf(name, {"\x01", text("x")}, 7)), Wire::Decoded::Message);
    QCOMPARE(message.kind, Wire::Incoming::Event);
    QCOMPARE(message.id, quint64(7));
    QCOMPARE(message.event, QString::fromUtf8(name));
    QCOMPARE(message.argumentCount, quint64(2));
    QCOMPARE(message.arguments.toByteArray(), "\x01" + text("x"));
    QCOMPARE(next(Test::eventOf("", {}, 8)), Wire::Decoded::Message);
    QCOMPARE(message.event, QString());
    QCOMPARE(message.argumentCount, quint64(0));
    QVERIFY(message.arguments.isEmpty());
    QCOMPARE(next(Test::progressOf({"\x24", "\x1b" + Test::bigEndian(~quint64(0) >> 1), text("a\nb")}, 9)),
             Wire::Decoded::Message);
    QCOMPARE(message.kind, Wire::Incoming::Progress);
    QCOMPARE(message.progress, Progress(-5, std::numeric_limits<qint64>::max(), QStringLiteral("a\nb")));
    for (const bool hadBegun : {true, false}) {
        QCOMPARE(next(Test::canceled(hadBegun, 10)), Wire::Decoded::Message);
        QCOMPARE(message.kind, Wire::Incoming::Canceled);
        QCOMPARE(message.hadBegun, hadBegun);
    }
    QCOMPARE(next(Test::packet(Test::CanceledKind, Test::map({text("later"), text("x"), text("begun"), "\xf5"}), 11)),
             Wire::Decoded::Message);
    QVERIFY(message.hadBegun);
    QCOMPARE(next(Test::packet(Test::BegunKind, {}, 12)), Wire::Decoded::Message);
    QCOMPARE(message.kind, Wire::Incoming::Begun);
    QCOMPARE(message.id, quint64(12));
    QByteArray goodbye = Test::packet(Test::GoodbyeKind,
                                      Test::map({text("begun"), Test::longHead(4, 64) + QByteArray(64, '\x07')}), 7);
    QCOMPARE(next(goodbye), Wire::Decoded::Message);
    QCOMPARE(message.kind, Wire::Incoming::Goodbye);
    QCOMPARE(message.begun, std::vector<quint64>(64, 7));
    goodbye = Test::packet(Test::GoodbyeKind, Test::map({}), 7);
    QCOMPARE(next(goodbye), Wire::Decoded::Message);
    QVERIFY(message.begun.empty());
    QByteArray said;
    codec.encodeCancel(0x0102, &said);
    QCOMPARE(said, Test::packet(Test::CancelKind, {}, 0x0102));
}

void TestNativeProtocol::aClientSpeaksOnlyOfWhatTheWorkerNames_data()
{
    QTest::addColumn<QByteArrayList>("features");
    QTest::addColumn<bool>("cancels");
    QTest::addColumn<bool>("tellsBegun");
    QTest::newRow("none") << QByteArrayList() << false << false;
    QTest::newRow("cancel") << QByteArrayList({"cancel"}) << true << false;
    QTest::newRow("begun") << QByteArrayList({"begun", "begun"}) << false << true;
    QTest::newRow("others") << QByteArrayList({"event", "progress", "Cancel", "", "begun "}) << false << false;
    QTest::newRow("all") << QByteArrayList({"begun", "x", "event", "progress", "cancel"}) << true << true;
}

void TestNativeProtocol::aClientSpeaksOnlyOfWhatTheWorkerNames()
{
    QFETCH(QByteArrayList, features);
    QFETCH(bool, cancels);
    QFETCH(bool, tellsBegun);
    Wire::Native::ConnectionCodec codec(1 << 20, std::make_shared<detail::TypeRegistry>());
    const QByteArray bytes = Test::helloWithFeatures(features);
    const std::span<char> space = codec.space();
    std::copy(bytes.begin(), bytes.end(), space.begin());
    codec.received(bytes.size());
    Wire::Incoming message;
    QCOMPARE(codec.next(&message), Wire::Decoded::Message);
    QCOMPARE(codec.traits().cancels, cancels);
    QCOMPARE(codec.traits().tellsBegun, tellsBegun);
}

void TestNativeProtocol::signaturesInWords_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("fields");
    const auto row = [](const char *text, const char *words, const char *fields = nullptr) {
        QTest::newRow(text) << QByteArray(text) << QString::fromUtf8(words)
                            << QString::fromUtf8(fields ? fields : words);
    };
    row("i(i,s)", "int(int, QString)");
    row("n()", "void()");
    row("b(d,y,t,u,g,v)", "bool(double, QByteArray, QDateTime, QUrl, QUuid, QVariant)");
    row("l<s>(m<l<i>>)", "QList<QString>(QMap<QString, QList<int>>)");
    row("R<std::map<int,QPair<int,int>>>(i)", "std::map<int,QPair<int,int>>(int)");
    row("o<i>(O<{Mule}>)", "std::optional<int>(std::optional<Mule>)");
    row("p<i;s>(p<i;s;d>,p<>)", "std::pair<int, QString>(std::tuple<int, QString, double>, std::tuple<>)");
    row("a3<l<i>>(e<s>,h)", "std::array<QList<int>, 3>(QSet<QString>, QChar)");
    row("m<i:m<o<b>>>(Q<QSize>)", "QMap<int, QMap<QString, std::optional<bool>>>(QSize)");
    row("c<i;1/1000>(c<i;1/1>,c<d;1/1>,c<i;1/30>)",
        "std::chrono::milliseconds(std::chrono::seconds, std::chrono::duration<double, std::ratio<1, 1>>, "
        "std::chrono::duration<int, std::ratio<1, 30>>)");
    row("{Horse;age:c<i;86400/1>}()", "Horse()", "Horse{age: std::chrono::days}()");
    row("{Ns::Horse;name:s;hands:i}({Mule})", "Ns::Horse(Mule)", "Ns::Horse{name: QString, hands: int}(Mule)");
    // What no program of ours says stays as it is.
    row("", "");
    row("i", "i");
    row("i(", "i(");
    row("i(i)i", "i(i)i");
    row("?(i)", "?(i)");
    row("l<i(i)", "l<i(i)");
    row("R<x(i)", "R<x(i)");
    row("p<i;s(i)", "p<i;s(i)");
    row("p<is>(i)", "p<is>(i)");
    row("c<i>(i)", "c<i>(i)");
    row("a3(i)", "a3(i)");
    row("m<i:(i)", "m<i:(i)");
    row("{Horse;name(i)", "{Horse;name(i)");
    row("\n(i)", "\\n(i)");
}

void TestNativeProtocol::signaturesInWords()
{
    QFETCH(QByteArray, text);
    QFETCH(QString, words);
    QFETCH(QString, fields);
    QCOMPARE(detail::signatureInWords(text), words);
    QCOMPARE(detail::signatureInWords(text, detail::Wording::Fields), fields);
    const QByteArray deep = QByteArray("l<").repeated(100000) + "i(i)";
    QVERIFY(detail::signatureInWords(deep).size() <= 300);
}

// Two editions of a program may have structures of the same name, and an old worker tells nothing but hashes.
void TestNativeProtocol::otherSignaturesAreTold()
{
    const detail::Signature here("s({Horse;name:s})");
    const auto told = [&here](const char *there) {
        Wire::Native::ConnectionCodec codec(1 << 20, std::make_shared<detail::TypeRegistry>());
        QByteArray payload;
        {
            detail::CborWriter writer(&payload);
            writer.beginMap(there ? 4 : 3);
            writer.writeUtf8("version");
            writer.writeUnsigned(1);
            writer.writeUtf8("limit");
            writer.writeUnsigned(1000);
            writer.writeUtf8("methods");
            writer.beginMap(1);
            writer.writeUtf8("nameOf");
            writer.writeUnsigned(1);
            if (there) {
                writer.writeUtf8("signatures");
                writer.beginMap(1);
                writer.writeUtf8("nameOf");
                writer.writeUtf8(there);
            }
        }
        const QByteArray bytes = Test::hello(payload);
        const std::span<char> space = codec.space();
        std::copy(bytes.begin(), bytes.end(), space.begin());
        codec.received(bytes.size());
        Wire::Incoming message;
        return codec.next(&message) == Wire::Decoded::Message ? codec.mismatch("nameOf", here).value_or(QString())
                                                              : codec.errorString();
    };
    const QString outOfDate = QStringLiteral(": one of the two programs is out of date");
    QCOMPARE(told("s(i)"), QStringLiteral("'nameOf' is QString(Horse) here and QString(int) there") + outOfDate);
    QCOMPARE(told("s({Horse;name:s;hands:i})"),
             QStringLiteral("'nameOf' is QString(Horse{name: QString}) here and QString(Horse{name: QString, hands: "
                            "int}) there")
                 + outOfDate);
    QCOMPARE(told(nullptr), QStringLiteral("'nameOf' is QString(Horse) here and something else there") + outOfDate);
}

// What a client of the release before features said, byte for byte, and what its worker answered.
const QByteArray OldClient
    = QByteArray::fromHex("515D5046 00000015 01000000 0000000000000000 A2 6776657273696F6E 01 656C696D6974 1A00010000"
                          "00000010 02000000 0000000000000001 0000000000000001 84A06361646402 03"
                          "00000010 02000000 0000000000000002 0000000000000001 84A06361646402 22"
                          "00000010 02000000 0000000000000003 0000000000000001 84A06361646404 05"
                          "00000010 02000000 0000000000000004 0000000000000002 84A06361646404 05"
                          "00000000 05000000 0000000000000004");
const QByteArray OldHello = QByteArray::fromHex(
    "515D5046 00000042 01000000 0000000000000000 A5 6776657273696F6E 01 656C696D6974 1A00010000"
    "676F726465726564 F5 6C636865636B6F7574446F6E65 F5 676D6574686F6473 A1 63616464 1B1BB8ACEC0E14F423");
const QByteArray OldAnswers
    = QByteArray::fromHex("00000003 03000000 0000000000000001 82A005"
                          "0000001B 04000000 0000000000000002 82A164636F64656B576F726B65724572726F72 676E6F206C75636B"
                          "00000003 03000000 0000000000000004 82A009"
                          "00000000 06000000 0000000000000004");

void TestNativeProtocol::anOldClientIsServedAsBefore()
{
    Test::FakeWorker worker;
    worker.interface.setup([] {}).checkoutDone([] {}).add(add, [](int a, int b) {
        Worker::emitEvent(QStringLiteral("x"));
        Worker::setProgress(1, 2);
        if (b < 0)
            throw Error(QStringLiteral("no luck"));
        return a + b;
    });
    const qsizetype helloSize = 4 + 16 + 21;
    QVERIFY(worker.greet(OldClient.first(helloSize), 65536));
    QCOMPARE(worker.answerTo(OldClient.sliced(helloSize)).toHex(' '), OldAnswers.toHex(' '));
}

void TestNativeProtocol::anOldWorkerIsSpokenToAsBefore()
{
    Wire::Native::ConnectionCodec codec(65536, std::make_shared<detail::TypeRegistry>());
    const QByteArray bytes = OldHello + OldAnswers;
    const std::span<char> space = codec.space();
    std::copy(bytes.begin(), bytes.end(), space.begin());
    codec.received(bytes.size());
    Wire::Incoming message;
    QList<Wire::Incoming::Kind> heard;
    while (codec.next(&message) == Wire::Decoded::Message)
        heard.append(message.kind);
    QCOMPARE(codec.errorString(), QString());
    QCOMPARE(heard,
             QList<Wire::Incoming::Kind>({Wire::Incoming::Hello, Wire::Incoming::Result, Wire::Incoming::Failure,
                                          Wire::Incoming::Result, Wire::Incoming::Released}));
    QVERIFY(!codec.traits().cancels && !codec.traits().tellsBegun);
}

void TestNativeProtocol::aWorkerTellsItsProcess()
{
    Test::FakeConnection connection;
    Interface interface;
    ScoreboardPage page;
    Internal::Channel channel = connection.channel();
    channel.processId = 0x12345;
    NativeSession session(InterfacePrivate::of(interface), 65536, &page, channel);
    QVERIFY(session.serve(Test::hello()));
    QVERIFY(connection.written.contains(Test::text("pid") + Test::longHead(0, 0x12345)));
}

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
        QVERIFY(codec.encodeCall({"add", {}, &signature, {}}, detail::TypedArguments<int, int>(a, b), id, group, &said,
                                 nullptr)
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

// Cancels that are sent together with calls arrive while a method runs.
void TestNativeProtocol::aWorkerSaysOfCallsWhatThePageSays()
{
    Test::FakeConnection connection;
    Interface interface;
    interface.setup([] {}).add(count, [&connection](int steps) {
        if (steps > 0)
            Worker::setProgress(1, steps);
        for (int step = steps; --step >= 0;) {
            Worker::emitEvent(tick, step);
            while (!connection.unread.isEmpty())
                static_cast<void>(Worker::isCanceled());
            Worker::throwIfCanceled();
        }
        if (steps > 0)
            Worker::setProgress(steps, steps, QStringLiteral("done"));
        return steps;
    });
    Internal::Channel channel = connection.channel();
    channel.processId = 1234;
    ScoreboardPage page;
    NativeSession session(InterfacePrivate::of(interface), 65536, &page, channel);
    QByteArray calls;
    QByteArray expected;
    const auto serve = [&] {
        if (calls.isEmpty())
            calls = std::exchange(connection.unread, {});
        return session.serve(std::exchange(calls, {}));
    };
    const QList<Line> lines = examples(QStringLiteral("### A session with features, byte by byte"));
    QVERIFY(lines.size() >= 20);
    for (const Line &line : lines) {
        if (line.isToWorker) {
            (line.bytes.at(4) == Test::CancelKind ? connection.unread : calls) += line.bytes;
            continue;
        }
        QVERIFY2(serve(), qPrintable(session.errorString()));
        expected += line.bytes;
    }
    QVERIFY2(serve(), qPrintable(session.errorString()));
    QCOMPARE(connection.written.toHex(' ').toUpper(), expected.toHex(' ').toUpper());
}

void TestNativeProtocol::ourClientUnderstandsWhatThePageSaysOfCalls()
{
    Wire::Native::ConnectionCodec codec(65536, std::make_shared<detail::TypeRegistry>());
    QByteArray said;
    QVERIFY(codec.greet(&said));
    const auto call = [&](int steps, quint64 id) {
        const auto &signature = detail::signatureOf<int, int>();
        QVERIFY(
            codec.encodeCall({"count", {}, &signature, {}}, detail::TypedArguments<int>(steps), id, 1, &said, nullptr)
            > 0);
    };
    QByteArray expected;
    QStringList heard;
    for (const Line &line : examples(QStringLiteral("### A session with features, byte by byte"))) {
        if (line.isToWorker) {
            expected += line.bytes;
            continue;
        }
        const std::span<char> space = codec.space();
        std::copy(line.bytes.begin(), line.bytes.end(), space.begin());
        codec.received(line.bytes.size());
        Wire::Incoming message;
        while (codec.next(&message) == Wire::Decoded::Message) {
            heard.append(QString::number(message.kind) + u' ' + QString::number(message.id));
            if (message.kind == Wire::Incoming::Event)
                heard.last()
                    += u' ' + message.event + u' ' + QString::fromLatin1(message.arguments.toByteArray().toHex());
            if (message.kind == Wire::Incoming::Progress)
                heard.last() += QStringLiteral(" %1/%2%3")
                                    .arg(message.progress.value())
                                    .arg(message.progress.maximum())
                                    .arg(message.progress.text());
            if (message.kind == Wire::Incoming::Canceled)
                heard.last() += message.hadBegun ? u'+' : u'-';
            if (message.kind == Wire::Incoming::Hello) {
                QVERIFY(codec.traits().cancels && codec.traits().tellsBegun);
                call(2, 1);
            } else if (message.kind == Wire::Incoming::Result && message.id == 1) {
                for (const auto &[steps, id] : {std::pair(3, 2), {1, 3}, {0, 4}})
                    call(steps, quint64(id));
                codec.encodeCancel(3, &said);
                codec.encodeCancel(2, &said);
            } else if (message.kind == Wire::Incoming::Result) {
                codec.encodeCancel(2, &said);
            }
        }
        QCOMPARE(codec.errorString(), QString());
    }
    QCOMPARE(said.toHex(' ').toUpper(), expected.toHex(' ').toUpper());
    const auto line = [](Wire::Incoming::Kind kind, const char *rest) {
        return QString::number(kind) + u' ' + QString::fromLatin1(rest);
    };
    using enum Wire::Incoming::Kind;
    QCOMPARE(heard,
             QStringList({line(Hello, "0"), line(Begun, "1"), line(Wire::Incoming::Progress, "1 1/2"),
                          line(Wire::Incoming::Event, "1 tick 01"), line(Wire::Incoming::Event, "1 tick 00"),
                          line(Wire::Incoming::Progress, "1 2/2done"), line(Result, "1"),
                          line(Wire::Incoming::Progress, "2 1/3"), line(Wire::Incoming::Event, "2 tick 02"),
                          line(Canceled, "2+"), line(Canceled, "3-"), line(Result, "4")}));
}

void TestNativeProtocol::aScannerFindsTheSameHowEverTheBytesAreCut()
{
    QRandomGenerator random(11);
    for (int round = 0; round < 2000; ++round) {
        QByteArray bytes;
        QStringList expected;
        std::vector<qsizetype> ends; // of headers and of messages
        for (int i = random.bounded(12); i >= 0; --i) {
            const int kind = random.bounded(20);
            const quint64 id = random.generate64();
            const qsizetype size = random.bounded(3) == 0 ? 0 : random.bounded(60);
            ends.push_back(bytes.size() + 16);
            bytes += Test::packet(kind, QByteArray(size, '\xff'), id);
            ends.push_back(bytes.size());
            expected.append(QStringLiteral("%1 %2 %3").arg(kind).arg(id).arg(size));
        }
        Wire::Native::HeaderScanner scanner(60);
        QStringList found;
        for (qsizetype at = 0; at < bytes.size();) {
            const qsizetype count = std::min<qsizetype>(bytes.size() - at, random.bounded(40));
            scanner.scan(QByteArrayView(bytes).sliced(at, count), [&](const Wire::Native::Header &header) {
                found.append(QStringLiteral("%1 %2 %3").arg(header.kind).arg(header.id).arg(header.length));
            });
            at += count;
            const auto end = std::lower_bound(ends.begin(), ends.end(), at);
            const bool isAtBegin = at == 0 || ((end - ends.begin()) % 2 == 1 && *end == at);
            if (!isAtBegin && *end != at)
                QCOMPARE(scanner.missing(), *end - at);
            else
                QCOMPARE(scanner.missing(), isAtBegin ? 0 : *(end + 1) - at);
        }
        QCOMPARE(found, expected);
        QVERIFY(!scanner.isBroken());
    }
}

void TestNativeProtocol::aScannerLooksAtNothingBehindABadHeader()
{
    for (const QByteArray &bad :
         {Test::header(61, 2, 1), Test::header(~quint64(0) >> 32, 2, 1), Test::header(0, 2, 1, 1)}) {
        const QByteArray bytes = Test::packet(10, {}, 7) + bad + Test::packet(10, {}, 8).repeated(10);
        for (qsizetype cut = 0; cut <= bytes.size(); ++cut) {
            Wire::Native::HeaderScanner scanner(60);
            QList<quint64> found;
            const auto note = [&found](const Wire::Native::Header &header) { found.append(header.id); };
            scanner.scan(QByteArrayView(bytes).first(cut), note);
            scanner.scan(QByteArrayView(bytes).sliced(cut), note);
            QCOMPARE(found, QList<quint64>({7}));
            QVERIFY(scanner.isBroken());
        }
    }
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
