// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_PROTOCOLS_H
#define AUTOTESTS_PROTOCOLS_H

#include <QtPrefork/Client>

/// The tests run over both protocols: this is for the little in which those differ.
namespace Test {

/// Whether clients that do not choose speak the native protocol.
[[nodiscard]] inline bool isNative()
{
    return Prefork::defaultProtocol() == Prefork::Protocol::Native;
}

}

#endif
