// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ADDRESS_H
#define QTPREFORK_ADDRESS_H

#include <QtPrefork/global.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QMetaType>
#include <QtCore/QString>
#include <QtCore/QUrl>
#include <QtCore/qobjectdefs.h>

#include <concepts>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// The address at which a server listens: `unix:/path/to.socket` or `tcp://host:port` (`tcp://[::1]:port` for IPv6). A
/// relative path is completed with the current directory once, when the Address is made.
///
/// An Address is a value. It converts implicitly from any string and from a QUrl, so that a function that takes an
/// Address also takes a literal. An address that cannot be understood is invalid, and errorString() says why.
///
/// **Threads.** Each thread may have its own copies of a value. Several threads must not use one object at the same
/// time.
class QTPREFORK_EXPORT Address
{
    Q_GADGET
    Q_PROPERTY(bool valid READ isValid CONSTANT)
    Q_PROPERTY(QString errorString READ errorString CONSTANT)
    Q_PROPERTY(Scheme scheme READ scheme CONSTANT)
    Q_PROPERTY(QString path READ path CONSTANT)
    Q_PROPERTY(QString host READ host CONSTANT)
    Q_PROPERTY(quint16 port READ port CONSTANT)

public:
    /// What kind of address this is.
    enum class Scheme { Invalid, Unix, Tcp };
    Q_ENUM(Scheme)

    /// The most bytes that an absolute socket path may have in the file system's encoding. The kernel sets this limit.
    static constexpr int MaxPathBytes = 107;

    /// Makes an invalid address.
    Address() = default;
    /// Makes the address that @p text describes.
    template <class String>
        requires std::convertible_to<String, QAnyStringView> && (!std::same_as<std::remove_cvref_t<String>, Address>)
    Address(const String &text) // NOLINT: implicit on purpose
        : Address(parse(QAnyStringView(text).toString()))
    {
    }
    /// Makes the address that @p url describes.
    Address(const QUrl &url) // NOLINT: implicit on purpose
        : Address(parse(QUrl::fromPercentEncoding(url.toEncoded())))
    {
    }

    /// Returns true if the address was understood.
    [[nodiscard]] bool isValid() const { return m_scheme != Scheme::Invalid; }
    /// Returns a sentence that says why the address is invalid and names what was given, or an empty string if it is
    /// valid.
    [[nodiscard]] QString errorString() const
    {
        return isValid() || !m_error.isEmpty() ? m_error : QStringLiteral("no address was given");
    }
    /// Returns the kind of this address.
    [[nodiscard]] Scheme scheme() const { return m_scheme; }
    /// Returns the absolute path of a unix address, or an empty string for another address.
    [[nodiscard]] QString path() const { return m_scheme == Scheme::Unix ? m_place : QString(); }
    /// Returns the host of a tcp address without brackets, or an empty string for another address.
    [[nodiscard]] QString host() const { return m_scheme == Scheme::Tcp ? m_place : QString(); }
    /// Returns the port of a tcp address. A server that is given port 0 takes any free port.
    [[nodiscard]] quint16 port() const { return m_port; }
    /// Returns the address as a text from which the same address can be made again.
    [[nodiscard]] QString toString() const;

    /// Returns the address of the unix socket at @p path.
    [[nodiscard]] static Address unixSocket(const QString &path);
    /// Returns the address of @p port at @p host.
    [[nodiscard]] static Address tcp(const QString &host, quint16 port);

    friend bool operator==(const Address &a, const Address &b)
    {
        return a.m_scheme == b.m_scheme && a.m_place == b.m_place && a.m_port == b.m_port;
    }
    friend bool operator!=(const Address &a, const Address &b) { return !(a == b); }

private:
    static Address parse(const QString &text);
    static Address invalid(const QString &error);

    Scheme m_scheme = Scheme::Invalid;
    QString m_place;
    quint16 m_port = 0;
    QString m_error;
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Address &address);

}

Q_DECLARE_METATYPE(Prefork::Address)

#endif
