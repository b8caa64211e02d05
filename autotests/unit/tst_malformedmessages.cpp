// SPDX-License-Identifier: MIT
// What a peer may say that is not the native protocol: it is told apart at once, costs nothing, and nothing of it is
// handed out.
#include "helpers/nativebytes.h"
#include "helpers/readresult.h"
#include "wire/nativeprotocol_p.h"
#include "worker/nativesession_p.h"

#include <QtTest/QTest>

#include <malloc.h>

using namespace Prefork;
using namespace Prefork::Internal;
using namespace Test;

namespace {

constexpr qsizetype Limit = 110000;

struct WorkerSide
{
    Interface interface;
    ScoreboardPage page;
    QByteArray written;
    int calls = 0;
    bool goesOn = true;
    NativeSession session{InterfacePrivate::of(interface), Limit, &page, [this](QByteArrayView bytes) {
                              written.append(bytes);
                              return true;
                          }};

    WorkerSide()
    {
        interface.add(MethodName("echo"),
                      [this](const QVariantList &arguments) { return ++calls, arguments.value(0); });
        interface.add(Method<int(int)>{"twice"}, [this](int value) { return ++calls, 2 * value; });
    }
    void hear(QByteArrayView bytes) { goesOn = goesOn && session.serve(bytes); }
    [[nodiscard]] QString error() const { return session.errorString(); }
};

struct ClientSide
{
    std::shared_ptr<detail::TypeRegistry> types = std::make_shared<detail::TypeRegistry>();
    Wire::Native::ConnectionCodec codec{Limit, types};
    QList<Wire::Incoming::Kind> heard;
    QVariantList results;
    QStringList misfits;
    bool goesOn = true;

    template <class R = QVariant>
    void hear(QByteArrayView bytes)
    {
        while (!bytes.isEmpty() && goesOn) {
            const std::span<char> space = codec.space();
            const qsizetype count = std::min(bytes.size(), qsizetype(space.size()));
            std::copy_n(bytes.data(), count, space.data());
            codec.received(count);
            bytes = bytes.sliced(count);
            decode<R>();
        }
    }
    [[nodiscard]] QString error() const { return codec.errorString(); }

private:
    template <class R>
    void decode()
    {
        Wire::Incoming message;
        Wire::Decoded decoded;
        while ((decoded = codec.next(&message)) == Wire::Decoded::Message) {
            if (message.kind == Wire::Incoming::Result) {
                const auto handler = detail::makeHandler<R>();
                std::optional<QString> misfit;
                if (!Test::readResult(codec, handler.get(), &misfit)) {
                    goesOn = false;
                    return;
                }
                misfit ? misfits.append(*misfit) : results.append(handler->result());
            }
            heard.append(message.kind);
        }
        goesOn = decoded == Wire::Decoded::Nothing;
    }
};

// Either side, having heard @p bytes.
template <class Side>
QString errorAfter(const QByteArray &bytes)
{
    Side side;
    side.hear(bytes);
    return side.goesOn ? QString() : side.error();
}

QByteArray methods(quint32 count)
{
    QByteArray table = longHead(5, count);
    for (quint32 i = 0; i < count; ++i)
        table += text("m" + QByteArray::number(i)) + '\0';
    return table;
}

QByteArray helloWith(const QByteArrayList &fields)
{
    return hello(map(QByteArrayList{text("version"), "\x01", text("limit"), longHead(0, 1000)} + fields));
}

}

class MalformedMessagesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aWorkerDoesNothingForHalfAMessage()
    {
        const QByteArray bytes = hello() + echoCall(text("word"), 1);
        const qsizetype helloSize = hello().size();
        for (qsizetype size = 0; size < bytes.size(); ++size) {
            WorkerSide side;
            side.hear(bytes.first(size));
            QVERIFY2(side.goesOn, qPrintable(side.error()));
            QCOMPARE(side.calls, 0);
            QCOMPARE(side.written.isEmpty(), size < helloSize);
        }
    }
    void aClientHandsOutNothingOfHalfAMessage()
    {
        const QByteArray bytes = hello() + resultOf(text("word"), 1);
        for (qsizetype size = 0; size < bytes.size(); ++size) {
            ClientSide side;
            side.hear(bytes.first(size));
            QVERIFY2(side.goesOn, qPrintable(side.error()));
            QCOMPARE(side.heard.size(), size < hello().size() ? 0 : 1);
            QCOMPARE(side.results.size(), 0);
        }
    }
    // Whose header is honest, but whose content ends too early.
    void contentThatIsCutShortIsMalformed()
    {
        const QByteArray call = array({map({}), text("echo"), text("word")});
        const QByteArray result = array({map({}), text("word")});
        const QByteArray greeting = hello().sliced(4 + 16);
        for (qsizetype size = 0; size < call.size(); ++size) {
            WorkerSide side;
            side.hear(hello() + packet(CallKind, bigEndian(0) + call.first(size), 1));
            QVERIFY(!side.goesOn && !side.error().isEmpty());
            QCOMPARE(side.calls, 0);
        }
        for (qsizetype size = 0; size < result.size(); ++size)
            QVERIFY(!errorAfter<ClientSide>(hello() + packet(ResultKind, result.first(size), 1)).isEmpty());
        for (qsizetype size = 0; size < greeting.size(); ++size) {
            QCOMPARE(errorAfter<ClientSide>(hello(greeting.first(size))), QStringLiteral("a malformed hello"));
            QCOMPARE(errorAfter<WorkerSide>(hello(greeting.first(size))), QStringLiteral("a malformed hello"));
        }
    }

    void tooLongAMessageCostsNothing_data()
    {
        QTest::addColumn<quint64>("length");
        QTest::newRow("one more") << quint64(Limit + 1);
        QTest::newRow("2^31") << (quint64(1) << 31);
        QTest::newRow("2^32-1") << (quint64(1) << 32) - 1;
    }
    void tooLongAMessageCostsNothing()
    {
        QFETCH(quint64, length);
        const QString expected
            = QStringLiteral("a message of %1 bytes, where 110000 are allowed (maxMessageSize of client and zygote)")
                  .arg(length);
        WorkerSide worker;
        worker.hear(hello());
        ClientSide client;
        client.hear(hello());
        const QByteArray bytes = header(length, CallKind, 1);
        const auto allocated = [] { return qint64(mallinfo2().uordblks + mallinfo2().hblkhd); };
        const qint64 before = allocated();
        worker.hear(bytes);
        client.hear(bytes);
        QVERIFY2(allocated() - before < 10000, qPrintable(QString::number(allocated() - before)));
        QCOMPARE(worker.error(), expected);
        QCOMPARE(client.error(), expected);
        QVERIFY(!worker.goesOn && !client.goesOn);
    }
    void theLongestMessageIsServed()
    {
        const qsizetype rest = Limit - 8 - 1 - 1 - 5 - 5;
        const QByteArray call = echoCall(longHead(2, quint32(rest)) + QByteArray(rest, 'x'), 1);
        QCOMPARE(call.size(), 16 + Limit);
        WorkerSide side;
        side.hear(hello() + call);
        QVERIFY2(side.goesOn, qPrintable(side.error()));
        QCOMPARE(side.calls, 1);
    }

    void nestingHasALimit_data()
    {
        QTest::addColumn<int>("depth");
        QTest::addColumn<bool>("isFine");
        QTest::newRow("64") << 64 << true;
        QTest::newRow("65") << 65 << false;
        QTest::newRow("100000") << 100000 << false;
    }
    void nestingHasALimit()
    {
        QFETCH(int, depth);
        QFETCH(bool, isFine);
        const QByteArray value = nested(depth);
        const QByteArray inMeta = char(0xa1) + text("x") + nested(depth - 1); // the map is a level of its own
        const QStringList errors{
            errorAfter<WorkerSide>(hello() + echoCall(value, 1)),
            errorAfter<ClientSide>(hello() + resultOf(value, 1)),
            errorAfter<WorkerSide>(hello() + packet(CallKind, bigEndian(0) + array({inMeta, text("echo")}), 1)),
            errorAfter<ClientSide>(hello() + packet(ResultKind, array({inMeta, "\x01"}), 1)),
        };
        for (const QString &error : errors)
            QVERIFY2(isFine ? error.isEmpty() : error.contains(QStringLiteral("nested deeper than 64 levels")),
                     qPrintable(error));
        QCOMPARE(
            errorAfter<ClientSide>(hello() + packet(FailureKind, array({map({text("data"), value}), text("ouch")}), 1)),
            isFine ? QString() : QStringLiteral("a malformed error"));
        QCOMPARE(errorAfter<WorkerSide>(helloWith({text("x"), value})),
                 isFine ? QString() : QStringLiteral("a malformed hello"));
        QCOMPARE(errorAfter<ClientSide>(helloWith({text("x"), value})),
                 isFine ? QString() : QStringLiteral("a malformed hello"));
    }

    void aWorkerRefuses_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("error");
        const auto row = [](const char *name, const QByteArray &bytes, const char *error) {
            QTest::newRow(name) << bytes << QString::fromLatin1(error);
        };
        const auto call
            = [](const QByteArray &content) { return hello() + packet(CallKind, bigEndian(0) + content, 1); };
        const QByteArray echo = array({map({}), text("echo"), "\x01"});
        row("another preamble", "Q]PX" + hello().sliced(4), "does not speak the native protocol");
        row("JSON", "[\"do\",{},\"echo\"]", "does not speak the native protocol");
        row("a call before hello", "Q]PF" + echoCall("\x01", 1), "a message of kind 2 before hello");
        row("a kind nobody knows before hello", "Q]PF" + packet(200, {}), "a message of kind 200 before hello");
        row("a second hello", hello() + hello().sliced(4), "a second hello");
        row("an unknown kind", hello() + packet(0, {}), "a message of the unknown kind 0");
        row("a worker's kind", hello() + resultOf("\x01", 1), "a message of the unknown kind 3");
        for (int byte = 0; byte < 3; ++byte)
            QTest::addRow("reserved byte %d", byte)
                << hello() + header(0, CallKind, 1, 1u << (8 * byte)) << QStringLiteral("malformed message header");
        row("hello without a version", hello(map({text("limit"), "\x01"})), "a malformed hello");
        row("hello of version 0", hello(map({text("version"), QByteArray(1, '\0')})), "a malformed hello");
        row("hello that is no map", hello("\x01"), "a malformed hello");
        row("hello with a field twice", helloWith({text("limit"), "\x01"}), "a malformed hello");
        row("hello with a negative size of values", helloWith({text("decoded"), "\x20"}), "a malformed hello");
        row("hello with an unknown field twice", helloWith({text("x"), "\x01", text("x"), "\x01"}),
            "a malformed hello");
        row("hello with a text as version", hello(map({text("version"), text("1")})), "a malformed hello");
        row("hello with a text as limit", hello(map({text("version"), "\x01", text("limit"), text("1")})),
            "a malformed hello");
        row("hello with a number as features", helloWith({text("features"), "\x01"}), "a malformed hello");
        row("hello with a map as features", helloWith({text("features"), map({})}), "a malformed hello");
        row("hello with a number among its features", helloWith({text("features"), array({text("event"), "\x01"})}),
            "a malformed hello");
        row("hello with bytes among its features", helloWith({text("features"), array({"\x41x"})}),
            "a malformed hello");
        row("hello with null as features", helloWith({text("features"), "\xf6"}), "a malformed hello");
        row("hello with a tag before its features", helloWith({text("features"), "\xc1" + array({text("event")})}),
            "a malformed hello");
        row("hello with features of indefinite length", helloWith({text("features"), "\x9f" + text("event") + "\xff"}),
            "a malformed hello");
        row("hello with a feature of indefinite length",
            helloWith({text("features"), array({"\x7f" + text("event") + "\xff"})}), "a malformed hello");
        row("hello of indefinite length", hello("\xbf" + text("version") + "\x01\xff"), "a malformed hello");
        row("hello with 65 features", helloWith({text("features"), longHead(4, 65) + text("x").repeated(65)}),
            "a malformed hello");
        row("hello with more features than it has", helloWith({text("features"), longHead(4, 64) + text("x")}),
            "a malformed hello");
        row("hello with features twice",
            helloWith({text("features"), array({text("event")}), text("features"), array({text("event")})}),
            "a malformed hello");
        row("hello with a number as name", helloWith({"\x01", "\x01"}), "a malformed hello");
        row("hello with bytes after it", hello(map({text("version"), "\x01"}) + "\x01"), "a malformed hello");
        row("a call without a group", hello() + packet(CallKind, QByteArray(7, '\0'), 1), "a malformed call");
        row("an empty call", hello() + packet(CallKind, {}, 1), "a malformed call");
        row("a call that is no array", call("\x01"), "a malformed call");
        row("a call without a method", call(array({map({})})), "a malformed call");
        row("a number as meta", call(array({"\x01", text("echo")})), "a malformed call");
        row("a number as a key of meta", call(array({map({"\x01", "\x01"}), text("echo")})), "");
        row("a number as method", call(array({map({}), "\x01"})), "a malformed call");
        row("bytes as method",
            call(array({map({}),
                        "\x44"
                        "echo"})),
            "a malformed call");
        row("a method that is not UTF-8", call(array({map({}), "\x61\xff"})), "not UTF-8");
        row("an argument that is not UTF-8", call(array({map({}), text("echo"), "\x61\xff"})),
            "malformed arguments: malformed CBOR");
        row("a key twice in an argument",
            call(array({map({}), text("echo"), map({text("k"), "\x01", text("k"), "\x02"})})), "occurs twice");
        row("a byte after the call", call(echo + '\x01'), "bytes after the arguments");
        row("a byte after a typed call", call(array({map({}), text("twice"), "\x01"}) + '\x01'),
            "bytes after the arguments");
        row("a call after the call", call(echo + echo), "bytes after the arguments");
        row("more arguments announced than there are",
            call(array({map({}), text("echo"), "\x01"}).replace(0, 1, "\x85")), "ends too early");
    }
    void aWorkerRefuses()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, error);
        WorkerSide side;
        side.hear(bytes);
        QVERIFY(!side.goesOn);
        QVERIFY2(side.error().contains(error) && !side.error().isEmpty(), qPrintable(side.error()));
        QCOMPARE(side.calls, 0);
    }

    void aClientRefuses_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("error");
        const auto row = [](const char *name, const QByteArray &bytes, const char *error) {
            QTest::newRow(name) << bytes << QString::fromLatin1(error);
        };
        const auto result = [](const QByteArray &content) { return hello() + packet(ResultKind, content, 1); };
        const auto failure = [](const QByteArray &content) { return hello() + packet(FailureKind, content, 1); };
        const auto goodbye = [](const QByteArray &content) { return hello() + packet(GoodbyeKind, content, 1); };
        const auto featured
            = [](int kind, const QByteArray &content) { return featuredHello() + packet(kind, content, 1); };
        const QByteArray ouch = text("ouch");
        row("another preamble", "q]PF" + hello().sliced(4), "does not speak the native protocol");
        row("JSON", "[\"ok\",{},1]", "does not speak the native protocol");
        row("a result before hello", "Q]PF" + resultOf("\x01", 1), "a message of kind 3 before hello");
        row("a second hello", hello() + hello().sliced(4), "a second hello");
        row("an unknown kind", hello() + packet(255, {}), "a message of the unknown kind 255");
        row("a client's kind", hello() + echoCall("\x01", 1), "a message of the unknown kind 2");
        row("progress of indefinite length", featured(ProgressKind, "\x9f" + map({}) + "\x01\x02" + text("") + "\xff"),
            "malformed progress");
        row("an event of indefinite length", featured(EventKind, "\x9f" + map({}) + text("tick") + "\xff"),
            "a malformed event");
        row("begun with a payload", featured(BegunKind, map({})), "a malformed begun");
        for (int byte = 0; byte < 3; ++byte)
            QTest::addRow("reserved byte %d", byte)
                << hello() + header(0, ResultKind, 1, 1u << (8 * byte)) << QStringLiteral("malformed message header");
        row("hello without a version", hello(map({text("limit"), "\x01"})), "a malformed hello");
        row("hello without a limit", hello(map({text("version"), "\x01"})), "a malformed hello");
        row("hello with a field twice", helloWith({text("version"), "\x01"}), "a malformed hello");
        row("hello with a text as limit", hello(map({text("version"), "\x01", text("limit"), text("1")})),
            "a malformed hello");
        row("hello with a text as ordered", helloWith({text("ordered"), text("x")}), "a malformed hello");
        row("hello of a worker that answers in any order", helloWith({text("ordered"), "\xf4"}), "a malformed hello");
        row("hello with a number as checkoutDone", helloWith({text("checkoutDone"), "\x01"}), "a malformed hello");
        row("hello with a number as methods", helloWith({text("methods"), "\x01"}), "a malformed hello");
        row("hello with a method twice", helloWith({text("methods"), map({text("a"), "\x01", text("a"), "\x01"})}),
            "a malformed hello");
        row("hello with a text as hash", helloWith({text("methods"), map({text("a"), text("1")})}),
            "a malformed hello");
        row("hello with 65537 methods", helloWith({text("methods"), methods(65537)}), "a message of");
        row("hello that announces 65537 methods", helloWith({text("methods"), longHead(5, 65537)}),
            "a malformed hello");
        row("a result that is no array", result("\x01"), "a malformed result");
        row("a result without a value", result(array({map({})})), "a malformed result");
        row("a result with a value too many", result(array({map({}), "\x01", "\x01"})), "a malformed result");
        row("a number as meta of a result", result(array({"\x01", "\x01"})), "a malformed result");
        row("a byte after the result", result(array({map({}), "\x01"}) + '\x01'), "a malformed result");
        row("a key twice in the result", result(array({map({}), map({text("k"), "\x01", text("k"), "\x02"})})),
            "occurs twice");
        row("an error that is no array", failure("\x01"), "a malformed error");
        row("an error with a number as text", failure(array({map({}), "\x01"})), "a malformed error");
        row("an error with a number as code", failure(array({map({text("code"), "\x01"}), ouch})), "a malformed error");
        row("an error with two codes", failure(array({map({text("code"), text("A"), text("code"), text("B")}), ouch})),
            "a malformed error");
        row("a byte after the error", failure(array({map({}), ouch}) + '\x01'), "a malformed error");
        row("a goodbye that is no map", goodbye("\x01"), "a malformed goodbye");
        row("a goodbye with a number as cause", goodbye(map({text("cause"), "\x01"})), "a malformed goodbye");
        row("a goodbye with a number as reason", goodbye(map({text("reason"), "\x01"})), "a malformed goodbye");
        row("a byte after the goodbye", goodbye(map({}) + '\x01'), "a malformed goodbye");
        row("a goodbye with a number as begun", goodbye(map({text("begun"), "\x01"})), "a malformed goodbye");
        row("a goodbye with a text among begun", goodbye(map({text("begun"), array({"\x01", ouch})})),
            "a malformed goodbye");
        row("a goodbye with a call -1", goodbye(map({text("begun"), array({"\x20"})})), "a malformed goodbye");
        row("a goodbye with 65 calls begun", goodbye(map({text("begun"), longHead(4, 65) + QByteArray(65, '\x01')})),
            "a malformed goodbye");
        row("hello with a negative size of values", helloWith({text("decoded"), "\x20"}), "a malformed hello");
        row("hello with a text as pid", helloWith({text("pid"), text("1")}), "a malformed hello");
        row("hello with a negative pid", helloWith({text("pid"), "\x20"}), "a malformed hello");
        row("hello with a number as features", helloWith({text("features"), "\x01"}), "a malformed hello");
        row("hello with a number among its features", helloWith({text("features"), array({"\x01"})}),
            "a malformed hello");
        row("hello with 65 features", helloWith({text("features"), longHead(4, 65) + text("x").repeated(65)}),
            "a malformed hello");
        for (int kind = EventKind; kind <= BegunKind; ++kind) {
            QTest::addRow("kind %d, of which nobody spoke", kind)
                << hello() + packet(kind, {}, 1) << QStringLiteral("a message of the unknown kind %1").arg(kind);
        }
        for (const int kind : {CancelKind, 13, 14, 15}) {
            QTest::addRow("kind %d of one that speaks everything", kind)
                << featured(kind, {}) << QStringLiteral("a message of the unknown kind %1").arg(kind);
        }
        row("an event before hello", "Q]PF" + eventOf("x", {}, 1), "a message of kind 8 before hello");
        row("an empty event", featured(EventKind, {}), "a malformed event");
        row("an event that is no array", featured(EventKind, map({})), "a malformed event");
        row("an event without a name", featured(EventKind, array({map({})})), "a malformed event");
        row("a number as an event's name", featured(EventKind, array({map({}), "\x01"})), "a malformed event");
        row("an event's name that is not UTF-8", featured(EventKind, array({map({}), "\x61\xff"})),
            "a malformed event");
        row("a number as an event's meta", featured(EventKind, array({"\x01", ouch})), "a malformed event");
        row("an argument that is cut", featured(EventKind, array({map({}), ouch, "\x62x"})), "a malformed event");
        row("an argument too few", featured(EventKind, "\x83" + map({}) + ouch), "a malformed event");
        row("an argument too many", eventOf("x", {"\x01"}, 1).prepend(featuredHello()).replace("\x83\xa0", "\x82\xa0"),
            "a malformed event");
        row("an argument nested too deep", featured(EventKind, array({map({}), ouch, nested(65)})),
            "a malformed event");
        row("progress that is no array", featured(ProgressKind, "\x01"), "malformed progress");
        row("progress of one number", featuredHello() + progressOf({"\x01", ouch}, 1), "malformed progress");
        row("progress of three numbers", featuredHello() + progressOf({"\x01", "\x01", "\x01", ouch}, 1),
            "malformed progress");
        row("a text as progress", featuredHello() + progressOf({ouch, "\x01", ouch}, 1), "malformed progress");
        row("a fraction as progress", featuredHello() + progressOf({"\x01", "\xf9\x3c" + QByteArray(1, '\0'), ouch}, 1),
            "malformed progress");
        row("progress of 2^63", featuredHello() + progressOf({"\x1b" + bigEndian(quint64(1) << 63), "\x01", ouch}, 1),
            "malformed progress");
        row("a number as progress's text", featuredHello() + progressOf({"\x01", "\x01", "\x01"}, 1),
            "malformed progress");
        row("a byte after the progress", featured(ProgressKind, array({map({}), "\x01", "\x01", ouch}) + '\x01'),
            "malformed progress");
        row("an empty canceled", featured(CanceledKind, {}), "a malformed canceled");
        row("canceled that says nothing", featured(CanceledKind, map({})), "a malformed canceled");
        row("canceled with a number", featured(CanceledKind, map({text("begun"), "\x01"})), "a malformed canceled");
        row("canceled that says it twice", featured(CanceledKind, map({text("begun"), "\xf5", text("begun"), "\xf5"})),
            "a malformed canceled");
        row("a byte after canceled", featured(CanceledKind, map({text("begun"), "\xf5"}) + '\x01'),
            "a malformed canceled");
        row("begun with a payload", featured(BegunKind, "\xf6"), "a malformed begun");
    }
    void aClientRefuses()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, error);
        ClientSide side;
        side.hear(bytes);
        QVERIFY(!side.goesOn);
        QVERIFY2(side.error().contains(error) && !side.error().isEmpty(), qPrintable(side.error()));
        QCOMPARE(side.results.size(), 0);
        Wire::Incoming after;
        QVERIFY(side.codec.next(&after) == Wire::Decoded::Broken); // it stays so
    }

    void aClientAcceptsSoManyMethodsAndNoMore()
    {
        for (const quint32 count : {65536u, 65537u}) {
            const QByteArray bytes = helloWith({text("methods"), methods(count)});
            Wire::Native::ConnectionCodec codec(10 * Limit, std::make_shared<detail::TypeRegistry>());
            Wire::Incoming message;
            Wire::Decoded decoded = Wire::Decoded::Nothing;
            for (QByteArrayView rest = bytes; !rest.isEmpty();) {
                QVERIFY(decoded == Wire::Decoded::Nothing);
                const std::span<char> space = codec.space();
                const qsizetype size = std::min(rest.size(), qsizetype(space.size()));
                std::copy_n(rest.data(), size, space.data());
                codec.received(size);
                rest = rest.sliced(size);
                decoded = codec.next(&message);
            }
            QVERIFY(decoded == (count == 65536 ? Wire::Decoded::Message : Wire::Decoded::Broken));
        }
    }
    void aResultOfAnotherTypeIsToldApartFromAMalformedOne()
    {
        ClientSide side;
        side.hear<int>(hello() + resultOf(text("word"), 1) + resultOf("\x07", 2));
        QVERIFY(side.goesOn);
        QCOMPARE(side.misfits.size(), 1);
        QCOMPARE(side.results, QVariantList({7}));
        side.hear<int>(resultOf("\x62w", 3));
        QVERIFY(!side.goesOn);
    }
    // As many arguments as the message has bytes: the list of them is what takes the memory.
    void aCallOfManyTinyArgumentsIsBounded()
    {
        Interface interface;
        interface.add(MethodName("size"), [](const QVariantList &arguments) { return QVariant(arguments.size()); });
        const auto serve = [&interface](quint32 count) {
            ScoreboardPage page;
            QByteArray said;
            const auto write = [&said](QByteArrayView bytes) {
                said += bytes;
                return true;
            };
            NativeSession session(InterfacePrivate::of(interface), 8 << 20, &page, write, 64 << 20);
            const QByteArray content
                = longHead(4, count + 2) + map({}) + text("size") + QByteArray(qsizetype(count), '\x01');
            return session.serve(hello() + packet(CallKind, bigEndian(0) + content, 1)) ? said : QByteArray("broken");
        };
        QVERIFY(serve(100000).endsWith("\x82\xa0" + QByteArray::fromHex("1a000186a0")));
        QVERIFY(serve(8000000).contains(
            "the arguments cannot be taken: values that take more than 67108864 bytes in memory (maxDecodedSize)"));
    }
};

QTEST_APPLESS_MAIN(MalformedMessagesTest)
#include "tst_malformedmessages.moc"
