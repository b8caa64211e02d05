// SPDX-License-Identifier: MIT
#include "pieces.h"

#include "wire/nativeprotocol_p.h"

#include <QtCore/QPoint>
#include <QtCore/QStringList>

using namespace Prefork;
using Fuzz::require;

namespace {

constexpr qsizetype Limit = 256 * 1024;

std::shared_ptr<detail::TypeRegistry> types()
{
    static const auto registry = [] {
        auto filled = std::make_shared<detail::TypeRegistry>();
        filled->add<QPoint>("point");
        return filled;
    }();
    return registry;
}

// A hello, and perhaps a result that is larger than the reading buffer.
QByteArray beginning(bool isLarge)
{
    QByteArray out;
    Wire::Native::ConnectionCodec peer(Limit, types()); // the two hellos differ in what may be left out
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

template <class Feed>
QStringList hear(Feed feed)
{
    Wire::Native::ConnectionCodec codec(Limit, types());
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
                heard.append(message.reason + u' ' + message.cause);
            if (message.kind != Wire::Incoming::Result)
                continue;
            std::optional<QString> misfit;
            const auto handler = handlerOf(message.id);
            if (!codec.readResult(handler.get(), &misfit))
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
    feed([&](QByteArrayView piece) {
        while (!piece.isEmpty()) {
            const std::span<char> space = codec.space();
            require(!space.empty());
            const qsizetype count = std::min(piece.size(), qsizetype(space.size()));
            std::copy_n(piece.data(), count, space.data());
            codec.received(count);
            piece = piece.sliced(count);
            if (!decodeAll())
                return false;
        }
        return true;
    });
    return heard;
}

}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, std::size_t size)
{
    using Fuzz::Input;
    const Input input(data, size);
    static const QByteArray prefixes[] = {beginning(false), beginning(true)};
    QByteArray bytes = input.is(Input::Prefixed) ? prefixes[input.is(Input::Large)] : QByteArray();
    const qsizetype ownPreamble = input.is(Input::Prefixed) ? 0 : Wire::Native::Preamble.size();
    bytes += input.is(Input::Framed) ? input.framed(ownPreamble) : input.bytes();
    require(hear([&](auto take) { input.inPieces(bytes, take); }) == hear([&](auto take) { take(bytes); }));
    return 0;
}
