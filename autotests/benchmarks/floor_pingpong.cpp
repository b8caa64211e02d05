// SPDX-License-Identifier: MIT
// One call at a time as cheap as two processes can have it: blocking reads and writes on a socket pair.
#include "bare.h"
#include "meter.h"

#include <array>

double Bench::floorPingPong(const Context &context)
{
    const int worker = Bare::startWorker(Bare::echo);
    std::array<char, Bare::MessageSize> reply;
    Meter meter(context.seconds);
    do {
        Bare::writeAll(worker, Bare::Message, Bare::MessageSize);
        Bare::readAll(worker, reply.data(), reply.size());
    } while (meter.tick());
    return meter.medianMicroseconds();
}
