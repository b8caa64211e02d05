// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_READRESULT_H
#define AUTOTESTS_READRESULT_H

#include "wire/codec_p.h"

#include <optional>

namespace Test {

/// What @p codec, of a client or a worker, has next, in as many steps as that takes.
template <class Codec, class Message>
[[nodiscard]] Prefork::Wire::Decoded next(Codec &codec, Message *message)
{
    Prefork::Wire::Decoded decoded;
    do
        decoded = codec.next(message);
    while (decoded == Prefork::Wire::Decoded::Unfinished);
    return decoded;
}

/// Reads the result that @p codec has just handed out. @p misfit is what is wrong with it, if it is not malformed; then
/// false.
[[nodiscard]] inline bool readResult(Prefork::Wire::ClientCodec &codec, Prefork::detail::ResultHandler *handler,
                                     std::optional<QString> *misfit, int steps = 1000)
{
    using Prefork::Wire::ResultReading;
    QString problem;
    ResultReading reading;
    do
        reading = codec.readResult(handler, steps, &problem);
    while (reading == ResultReading::Unfinished);
    if (reading == ResultReading::Misfit || reading == ResultReading::Refused)
        *misfit = problem;
    return reading != ResultReading::Malformed;
}

}

#endif
