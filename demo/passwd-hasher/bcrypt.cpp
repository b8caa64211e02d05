// SPDX-License-Identifier: MIT
#include "bcrypt.h"

#include <QtPrefork/Error>

#include <array>
#include <cerrno>
#include <crypt.h>
#include <cstring>
#include <memory>
#include <sys/random.h>

namespace Bcrypt {

namespace {

using Salt = std::array<char, 16>;

// bcrypt ignores what comes after so many bytes, and crypt() what comes after a NUL: then another password would fit as
// well.
constexpr qsizetype MaxPasswordBytes = 72;

struct WipeAndDelete
{
    void operator()(crypt_data *data) const
    {
        explicit_bzero(data, sizeof(*data)); // it contains the password
        delete data;
    }
};

QByteArray passwordBytes(const QString &plain)
{
    const QByteArray bytes = plain.toUtf8();
    if (bytes.contains('\0'))
        throw Prefork::Error(QStringLiteral("a password cannot contain a NUL character"));
    if (bytes.size() > MaxPasswordBytes)
        throw Prefork::Error(
            QStringLiteral("a password can have at most %1 bytes, not %2").arg(MaxPasswordBytes).arg(bytes.size()));
    return bytes;
}

// An empty result means that crypt() does not take this setting.
QByteArray crypt(const QByteArray &password, const QByteArray &setting)
{
    const std::unique_ptr<crypt_data, WipeAndDelete> data(new crypt_data());
    const char *crypted = crypt_r(password.constData(), setting.constData(), data.get());
    return crypted && crypted[0] != '*' ? QByteArray(crypted) : QByteArray();
}

Salt randomSalt()
{
    Salt salt;
    if (getrandom(salt.data(), salt.size(), 0) != ssize_t(salt.size()))
        throw Prefork::Error(
            QStringLiteral("no random numbers to be had: %1").arg(QString::fromLocal8Bit(std::strerror(errno))));
    return salt;
}

// The time that this takes depends only on the lengths, never on where the first difference is.
bool isSame(const QByteArray &a, const QByteArray &b)
{
    if (a.size() != b.size())
        return false;
    unsigned char difference = 0;
    for (qsizetype i = 0; i < a.size(); ++i)
        difference |= static_cast<unsigned char>(a.at(i) ^ b.at(i));
    return difference == 0;
}

}

QString hash(const QString &plain, unsigned cost)
{
    const QByteArray password = passwordBytes(plain);
    const Salt salt = randomSalt();
    std::array<char, CRYPT_GENSALT_OUTPUT_SIZE> setting{};
    if (!crypt_gensalt_rn("$2b$", cost, salt.data(), int(salt.size()), setting.data(), int(setting.size())))
        throw Prefork::Error(QStringLiteral("this C library's crypt() cannot make bcrypt hashes of cost %1").arg(cost));
    const QByteArray crypted = crypt(password, setting.data());
    if (crypted.isEmpty())
        throw Prefork::Error(QStringLiteral("this C library's crypt() cannot make bcrypt hashes"));
    return QString::fromLatin1(crypted);
}

bool verify(const QString &crypted, const QString &plain)
{
    const QByteArray password = passwordBytes(plain);
    const QByteArray expected = crypted.toUtf8();
    const QByteArray actual
        = expected.startsWith("$2") && !expected.contains('\0') ? crypt(password, expected) : QByteArray();
    if (actual.isEmpty())
        throw Prefork::Error(QStringLiteral("'%1' is not a bcrypt hash").arg(crypted.left(100)));
    return isSame(actual, expected);
}

}
