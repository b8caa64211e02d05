// SPDX-License-Identifier: MIT
#include "helpers/readresult.h"
#include "interface.h"
#include "pieces.h"

#include "wire/nativeprotocol_p.h"
#include "worker/nativesession_p.h"

using namespace Prefork;
using namespace Prefork::Internal;
using Fuzz::require;

namespace {

constexpr qsizetype Limit = 256 * 1024;

// A hello, and perhaps a call that is larger than the reading buffer.
QByteArray beginning(bool isLarge)
{
    Wire::Native::ConnectionCodec codec(Limit, Fuzz::types());
    QByteArray out;
    static_cast<void>(codec.greet(&out));
    if (isLarge) {
        Wire::OutMessage call;
        const QVariantList list{QByteArray(70000, 'x')};
        require(!Wire::Native::NativeProtocol(Limit, Fuzz::types())
                     .encodeCall({.name = QStringLiteral("bytes")}, detail::ListedArguments(list), &call));
        codec.address(&call, 1, 0);
        Wire::forEachPiece(
            call.bytes, call.chunks, [&](QByteArrayView piece) { out.append(piece); },
            [&](const QByteArray &piece) { out.append(piece); });
    }
    return out;
}

// What a worker says must be what our client understands.
void requireUnderstood(const QByteArray &said)
{
    Wire::Native::ConnectionCodec codec(2 * Limit, Fuzz::types());
    require(Fuzz::feed(codec, said, [&codec] {
        Wire::Incoming message;
        Wire::Decoded decoded;
        while ((decoded = codec.next(&message)) == Wire::Decoded::Message) {
            std::optional<QString> misfit;
            require(message.kind != Wire::Incoming::Result || Test::readResult(codec, nullptr, &misfit));
        }
        return decoded == Wire::Decoded::Nothing;
    }));
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
    NativeSession session(InterfacePrivate::of(interface), Limit, &page, [&served](QByteArrayView bytes) {
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
    const Fuzz::Input input(data, size);
    static const QByteArray beginnings[] = {beginning(false), beginning(true)};
    const QByteArray bytes = input.nativeSession(beginnings[0], beginnings[1]);

    const Served served = serve([&](auto take) { input.inPieces(bytes, take); });
    require(served == serve([&](auto take) { take(bytes); }));
    requireUnderstood(served.said);
    return 0;
}
