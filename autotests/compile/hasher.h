// SPDX-License-Identifier: MIT
#ifndef MANUAL_HASHER_H
#define MANUAL_HASHER_H

#include <QtPrefork/Method>

#include <QtCore/QString>

namespace Hasher {
inline constexpr Prefork::Method<QString(QString)> hash{"hash"};
inline constexpr Prefork::Method<bool(QString, QString)> verify{"verify"};
}

#endif
