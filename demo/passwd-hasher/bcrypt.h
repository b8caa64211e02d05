// SPDX-License-Identifier: MIT
#ifndef DEMO_BCRYPT_H
#define DEMO_BCRYPT_H

#include <QtCore/QString>

/// Password hashing by the C library's crypt(). It is slow on purpose, which is why it belongs into a worker.
namespace Bcrypt {

/// Returns a hash of @p plain with a random salt; it takes 2^@p cost rounds. Throws a Prefork::Error if the password
/// cannot be hashed as a whole.
[[nodiscard]] QString hash(const QString &plain, unsigned cost);
/// Returns whether @p crypted was made of @p plain. Throws a Prefork::Error if @p crypted is no bcrypt hash.
[[nodiscard]] bool verify(const QString &crypted, const QString &plain);

}

#endif
