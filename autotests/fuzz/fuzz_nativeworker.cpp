// SPDX-License-Identifier: MIT
#include "interface.h"
#include "pieces.h"

#include "wire/nativeprotocol_p.h"
#include "worker/nativesession_p.h"

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

// A hello, and perhaps a call that is larger than the reading buffer.
QByteArray beginning(bool isLarge)
{
    Wire::Native::ConnectionCodec codec(Limit, types());
    QByteArray out;
    static_cast<void>(codec.greet(&out));
    if (isLarge) {
        Wire::OutMessage call;
        const QVariantList list{QByteArray(70000, 'x')};
        require(!Wire::Native::NativeProtocol(Limit, types())
                     .encodeCall({.name = QStringLiteral("bytes")}, detail::ListedArguments(list), &call));
        codec.address(&call, 1, 0);
        Wire::forEachPiece(
            call.bytes, call.chunks, [&](QByteArrayView piece) { out.append(piece); }, [&](const QByteArray &piece) { out.append(piece); });
    }
    return out;
}

// What a worker says must be what our client understands.
void requireUnderstood(const QByteArray &said)
{
    Wire::Native::ConnectionCodec codec(2 * Limit, types());
    for (QByteArrayView rest = said; !rest.isEmpty();) {
        const std::span<char> space = codec.space();
        const qsizetype count = std::min(rest.size(), qsizetype(space.size()));
        std::copy_n(rest.data(), count, space.data());
        codec.received(count);
        rest = rest.sliced(count);
        Wire::Incoming message;
        Wire::Decoded decoded;
        while ((decoded = codec.next(&message)) == Wire::Decoded::Message) {
            std::optional<QString> misfit;
            require(message.kind != Wire::Incoming::Result || codec.readResult(nullptr, &misfit));
        }
        require(decoded == Wire::Decoded::Nothing);
    }
    require(!codec.hasRest());
}

struct Served
{
    QByteArray said;
    QString error;
    bool operator==(const Served &other) const = default;
};

template <class Feed>
Served serve(Feed feed)
{
    Interface interface;
    Fuzz::fill(interface);
    ScoreboardPage page;
    Served served;
    Worker::NativeSession session(InterfacePrivate::of(interface), Limit, &page, [&served](QByteArrayView bytes) {
        served.said.append(bytes);
        return true;
    });
    feed([&](QByteArrayView piece) {
        if (session.serve(piece))
            return true;
        served.error = session.errorString();
        require(!served.error.isEmpty());
        return false;
    });
    return served;
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

    const Served served = serve([&](auto take) { input.inPieces(bytes, take); });
    require(served == serve([&](auto take) { take(bytes); }));
    requireUnderstood(served.said);
    return 0;
}
