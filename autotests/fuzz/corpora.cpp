// SPDX-License-Identifier: MIT
// Writes the inputs the fuzzers of the protocols begin with: whole sessions, as our two sides hold them.
#include "interface.h"
#include "pieces.h"

#include "wire/jsonprotocol_p.h"
#include "wire/nativeprotocol_p.h"
#include "wire/utc_p.h"
#include "worker/jsonsession_p.h"
#include "worker/nativesession_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QDir>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

using namespace Prefork;
using namespace Prefork::Internal;

namespace {

constexpr qsizetype Limit = 64 * 1024;

struct Call
{
    const char *name; // null for a call without one
    QVariantList arguments;
};

struct Conversation
{
    const char *name;
    QList<Call> calls;
    bool cancels = false; ///< some of the calls
};

QList<Conversation> conversations()
{
    const QString word = QStringLiteral("wörd");
    const QVariantMap map{{word, QVariantList{1.5, 2}}, {QStringLiteral("empty"), QVariantList()}};
    return {
        {"hello", {}},
        {"typed", {{"add", {1, -2}}, {"text", {word}}, {"table", {map}}, {"nothing", {}}}},
        {"binary", {{"bytes", {QByteArray("\0\xff", 2)}}, {"echo", {QByteArray(300, 'b')}}}},
        {"variants", {{"echo", {true, QVariant(), 1e300, qlonglong(-1) << 40, word, map}}, {"echo", {}}}},
        {"special",
         {{"echo",
           {QDateTime::fromSecsSinceEpoch(0, Prefork::Wire::Utc), QUrl(QStringLiteral("http://a/b")),
            QUuid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)}}}},
        {"registered", {{"point", {QPoint(3, 4)}}, {"echo", {QPoint(5, 6)}}}},
        {"errors", {{"fail", {word, map}}, {"add", {1}}, {"add", {word, 1}}, {"text", {QVariantList{1}}}}},
        {"events", {{"tell", {word, 1}}, {"tell", {}}, {"add", {1, 2}}, {"tell", {map}}}},
        {"cancels", {{"add", {1, 2}}, {"tell", {word}}, {"echo", {1}}, {"add", {3, 4}}, {"tell", {}}}, true},
        {"fallback", {{nullptr, {1, 2}}, {nullptr, {}}, {"unknown", {word}}, {"", {1}}}},
    };
}

void save(const QString &corpus, const char *name, QByteArray bytes, uchar control)
{
    QDir().mkpath(corpus);
    QFile file(corpus + u'/' + QLatin1StringView(name));
    Fuzz::require(file.open(QIODevice::WriteOnly));
    file.write(bytes.append(char(control)));
}

QByteArray asked(Wire::ClientProtocol &protocol, const Conversation &conversation)
{
    QByteArray out;
    const auto codec = protocol.makeCodec();
    static_cast<void>(codec->greet(&out));
    quint64 id = 0;
    for (const Call &call : conversation.calls) {
        Wire::OutMessage message;
        const QString name = call.name ? QString::fromUtf8(call.name) : QString();
        if (protocol.encodeCall({.name = name}, detail::ListedArguments(call.arguments), &message))
            continue; // not everything can be said in JSON
        ++id;
        codec->address(&message, id, id);
        out += message.bytes;
        if (conversation.cancels && id % 3 == 2)
            codec->encodeCancel(id, &out);
    }
    codec->encodeDone(id + 1, &out);
    return out;
}

QByteArray afterHello(const QByteArray &bytes)
{
    using namespace Wire::Native;
    const Header header = Header::read(bytes.constData() + Preamble.size());
    return bytes.sliced(Preamble.size() + Header::Size + qsizetype(header.length));
}

template <class Session>
QByteArray answered(const QByteArray &bytes)
{
    Interface interface;
    Fuzz::fill(interface);
    ScoreboardPage page;
    QByteArray said;
    Session session(InterfacePrivate::of(interface), Limit, &page, [&said](QByteArrayView piece) {
        said.append(piece);
        return true;
    });
    Fuzz::require(session.serve(bytes));
    return said;
}

}

int main(int argc, char *argv[])
{
    if (argc != 2)
        return 2;
    const QString directory = QString::fromLocal8Bit(argv[1]);
    const auto types = std::make_shared<detail::TypeRegistry>();
    types->add<QPoint>("point");
    Wire::Native::NativeProtocol native(Limit, types);
    Wire::JsonProtocol json(Limit, DefaultMaxDecodedSize);
    for (const Conversation &conversation : conversations()) {
        const QByteArray calls = asked(native, conversation);
        const QByteArray answers = answered<NativeSession>(calls);
        const QByteArray framed = QByteArray(conversation.name) + "-framed";
        constexpr uchar Everything = Fuzz::Input::Prefixed | Fuzz::Input::Framed | Fuzz::Input::Large;
        save(directory + QStringLiteral("/nativeworker"), conversation.name, calls, 0);
        save(directory + QStringLiteral("/nativeclient"), conversation.name, answers, 0);
        save(directory + QStringLiteral("/nativeworker"), framed.constData(), afterHello(calls), Everything);
        save(directory + QStringLiteral("/nativeclient"), framed.constData(), afterHello(answers), Everything);
        const QByteArray jsonCalls = asked(json, conversation);
        save(directory + QStringLiteral("/jsonworker"), conversation.name, jsonCalls, 0);
        save(directory + QStringLiteral("/jsonclient"), conversation.name, answered<JsonSession>(jsonCalls), 0);
    }
}
