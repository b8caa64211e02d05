// SPDX-License-Identifier: MIT
#include "helpers/readresult.h"
#include "interface.h"
#include "pieces.h"

#include "wire/nativeprotocol_p.h"

#include <QtCore/QStringList>

using namespace Prefork;
using Fuzz::require;

namespace {

constexpr qsizetype Limit = 256 * 1024;

// A hello, and perhaps a result that is larger than the reading buffer.
QByteArray beginning(bool isLarge)
{
    QByteArray out;
    Wire::Native::ConnectionCodec peer(Limit, Fuzz::types()); // the two hellos differ in what may be left out
    static_cast<void>(peer.greet(&out));
    if (isLarge) {
        QByteArray payload("\x82\xa0\x5a\x00\x01\x11\x70", 7);
        payload.append(70000, 'x');
        char header[Wire::Native::Header::Size];
        Wire::Native::Header{quint32(payload.size()), Wire::Native::Result, true, 2}.write(header);
        out.append(header, sizeof header).append(payload);
    }
    return out;
}

std::unique_ptr<detail::ResultHandler> handlerOf(quint64 id)
{
    switch (id % 8) {
    case 0:
        return detail::makeHandler<int>();
    case 1:
        return detail::makeHandler<QVariant>();
    case 2:
        return detail::makeHandler<QByteArray>();
    case 3:
        return detail::makeHandler<QString>();
    case 4:
        return detail::makeHandler<QMap<QString, QList<double>>>();
    case 5:
        return detail::makeHandler<QPoint>();
    case 6:
        return detail::makeHandler<void>();
    default:
        return nullptr;
    }
}

// As the arguments of an event are read by who has a handler for it.
QString argumentsOf(const Wire::Incoming &message)
{
    detail::CborReader reader(message.arguments, Fuzz::types().get());
    QVariant value;
    quint64 count = 0;
    while (count < message.argumentCount && reader.readVariant(&value))
        ++count;
    require(count < message.argumentCount ? reader.isBroken() : reader.atEnd());
    return QString::number(count);
}

template <class Feed>
QStringList hear(Feed feed)
{
    Wire::Native::ConnectionCodec codec(Limit, Fuzz::types());
    QByteArray greeting;
    require(codec.greet(&greeting) && greeting.startsWith(Wire::Native::Preamble.toByteArray()));
    QStringList heard;
    const auto decodeAll = [&] {
        Wire::Incoming message;
        for (;;) {
            const Wire::Decoded decoded = codec.next(&message);
            if (decoded == Wire::Decoded::Nothing)
                return true;
            if (decoded == Wire::Decoded::Broken)
                break;
            heard.append(QStringLiteral("%1 %2").arg(message.kind).arg(message.id));
            if (message.kind == Wire::Incoming::Failure)
                heard.append(message.failure.code + u' ' + message.failure.message);
            if (message.kind == Wire::Incoming::Goodbye)
                heard.append(message.reason + u' ' + message.cause + u' ' + QString::number(message.begun.size()));
            if (message.kind == Wire::Incoming::Event)
                heard.append(message.event + u' ' + argumentsOf(message));
            if (message.kind == Wire::Incoming::Progress)
                heard.append(message.progress.text() + QString::number(message.progress.value()));
            if (message.kind == Wire::Incoming::Canceled)
                heard.append(QString::number(message.hadBegun));
            if (message.kind != Wire::Incoming::Result)
                continue;
            std::optional<QString> misfit;
            const auto handler = handlerOf(message.id);
            if (!Test::readResult(codec, handler.get(), &misfit))
                break;
            require(handler || !misfit);
            heard.append(misfit.value_or(QStringLiteral("fits")));
        }
        heard.append(codec.errorString());
        require(!codec.errorString().isEmpty());
        Wire::Incoming after;
        require(codec.next(&after) == Wire::Decoded::Broken);
        return false;
    };
    feed([&](QByteArrayView piece) { return Fuzz::feed(codec, piece, decodeAll); });
    return heard;
}

}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, std::size_t size)
{
    const Fuzz::Input input(data, size);
    static const QByteArray beginnings[] = {beginning(false), beginning(true)};
    const QByteArray bytes = input.nativeSession(beginnings[0], beginnings[1]);
    require(hear([&](auto take) { input.inPieces(bytes, take); }) == hear([&](auto take) { take(bytes); }));
    return 0;
}
