// SPDX-License-Identifier: MIT
#ifndef DEMO_BCRYPT_H
#define DEMO_BCRYPT_H

#include <QtCore/QString>

/// Password hashing by the C library's crypt(). Slow on purpose, which is why it belongs into a worker.
namespace Bcrypt {

/// A hash with a random salt; takes 2^@p cost rounds. Throws a Prefork::Error when the password cannot be hashed
/// faithfully.
[[nodiscard]] QString hash(const QString &plain, unsigned cost);
/// Whether @p crypted was made of @p plain. Throws a Prefork::Error when @p crypted is no bcrypt hash.
[[nodiscard]] bool verify(const QString &crypted, const QString &plain);

}

#endif
