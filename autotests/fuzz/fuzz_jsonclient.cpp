// SPDX-License-Identifier: MIT
#include "helpers/readresult.h"
#include "pieces.h"

#include "wire/jsonprotocol_p.h"

#include <QtCore/QStringList>

using namespace Prefork;
using Fuzz::require;

namespace {

constexpr qsizetype Limit = 64 * 1024;

std::unique_ptr<detail::ResultHandler> handlerOf(qsizetype number)
{
    switch (number % 5) {
    case 0:
        return detail::makeHandler<int>();
    case 1:
        return detail::makeHandler<QVariant>();
    case 2:
        return detail::makeHandler<QString>();
    case 3:
        return detail::makeHandler<QMap<QString, QList<double>>>();
    default:
        return nullptr;
    }
}

template <class Feed>
QStringList hear(Feed feed)
{
    Wire::JsonConnectionCodec codec(Limit);
    QStringList heard;
    const auto decodeAll = [&] {
        Wire::Incoming message;
        for (;;) {
            const Wire::Decoded decoded = Test::next(codec, &message);
            if (decoded == Wire::Decoded::Nothing)
                return true;
            if (decoded == Wire::Decoded::Broken) {
                require(!codec.errorString().isEmpty() && Test::next(codec, &message) == Wire::Decoded::Broken);
                heard.append(codec.errorString());
                return false;
            }
            std::optional<QString> misfit;
            const auto handler = handlerOf(heard.size());
            require(message.kind != Wire::Incoming::Result || Test::readResult(codec, handler.get(), &misfit));
            heard.append(QStringLiteral("%1 %2 %3")
                             .arg(message.kind)
                             .arg(message.failure.message, misfit.value_or(QStringLiteral("fits"))));
        }
    };
    feed([&](QByteArrayView piece) { return Fuzz::feed(codec, piece, decodeAll); });
    return heard;
}

}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, std::size_t size)
{
    const Fuzz::Input input(data, size);
    const QByteArray bytes = input.bytes();
    require(hear([&](auto take) { input.inPieces(bytes, take); }) == hear([&](auto take) { take(bytes); }));
    return 0;
}
