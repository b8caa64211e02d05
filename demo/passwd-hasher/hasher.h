// SPDX-License-Identifier: MIT
#ifndef DEMO_HASHER_H
#define DEMO_HASHER_H

#include <QtPrefork/Method>

/// The interface, shared by server and client and checked by the compiler on both sides.
namespace Hasher {

/// hash(plain): a bcrypt hash, different every time.
inline constexpr Prefork::Method<QString(QString)> hash{"hash"};
/// verify(crypted, plain): whether crypted was made of plain.
inline constexpr Prefork::Method<bool(QString, QString)> verify{"verify"};

}

#endif
