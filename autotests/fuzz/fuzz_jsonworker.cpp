// SPDX-License-Identifier: MIT
#include "helpers/readresult.h"
#include "interface.h"
#include "pieces.h"

#include "wire/jsonprotocol_p.h"
#include "worker/jsonsession_p.h"

using namespace Prefork;
using namespace Prefork::Internal;
using Fuzz::require;

namespace {

constexpr qsizetype Limit = 64 * 1024;

// What a worker says must be what our client understands.
void requireUnderstood(const QByteArray &said)
{
    Wire::JsonConnectionCodec codec(2 * Limit);
    require(Fuzz::feed(codec, said, [&codec] {
        Wire::Incoming message;
        Wire::Decoded decoded;
        while ((decoded = Test::next(codec, &message)) == Wire::Decoded::Message)
            continue;
        return decoded == Wire::Decoded::Nothing;
    }));
    require(!codec.hasRest());
}

template <class Feed>
std::pair<QByteArray, QString> serve(Feed feed)
{
    Interface interface;
    Fuzz::fill(interface);
    ScoreboardPage page;
    std::pair<QByteArray, QString> served;
    JsonSession session(InterfacePrivate::of(interface), Limit, &page, [&served](QByteArrayView bytes) {
        served.first.append(bytes);
        return true;
    });
    feed([&](QByteArrayView piece) {
        if (session.serve(piece))
            return true;
        served.second = session.errorString();
        require(!served.second.isEmpty());
        return false;
    });
    return served;
}

}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, std::size_t size)
{
    const Fuzz::Input input(data, size);
    const QByteArray bytes = input.bytes();
    const auto served = serve([&](auto take) { input.inPieces(bytes, take); });
    require(served == serve([&](auto take) { take(bytes); }));
    requireUnderstood(served.first);
    return 0;
}
