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

/// Where a server listens: `unix:/path/to.socket` (relative paths are taken from the current directory, once, at
/// construction) or
/// `tcp://host:port` (`tcp://[::1]:port` for IPv6). A value; implicit from any string or QUrl, so that functions taking
/// an Address take literals. An address that cannot be understood is invalid and says why. (Parity T1, T30.)
///
/// **Threads.** As with every value here, each thread may have copies of its own; one object is not for several at
/// once.
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
    enum class Scheme { Invalid, Unix, Tcp };
    Q_ENUM(Scheme)

    /// The most bytes an absolute socket path may have in the file system's encoding; the kernel's limit.
    static constexpr int MaxPathBytes = 107;

    Address() = default;
    template <class String>
        requires std::convertible_to<String, QAnyStringView> && (!std::same_as<std::remove_cvref_t<String>, Address>)
    Address(const String &text) // NOLINT: implicit on purpose
        : Address(parse(QAnyStringView(text).toString()))
    {
    }
    Address(const QUrl &url) // NOLINT: implicit on purpose
        : Address(parse(QUrl::fromPercentEncoding(url.toEncoded())))
    {
    }

    [[nodiscard]] bool isValid() const { return m_scheme != Scheme::Invalid; }
    /// Why the address is invalid, as a sentence naming what was given; empty when it is valid.
    [[nodiscard]] QString errorString() const
    {
        return isValid() || !m_error.isEmpty() ? m_error : QStringLiteral("no address was given");
    }
    [[nodiscard]] Scheme scheme() const { return m_scheme; }
    /// The absolute path of a unix address; empty for others.
    [[nodiscard]] QString path() const { return m_scheme == Scheme::Unix ? m_place : QString(); }
    /// The host of a tcp address, without brackets; empty for others.
    [[nodiscard]] QString host() const { return m_scheme == Scheme::Tcp ? m_place : QString(); }
    /// The port of a tcp address; 0 asks a server for any free port.
    [[nodiscard]] quint16 port() const { return m_port; }
    /// The address as text that parses back to it.
    [[nodiscard]] QString toString() const;

    [[nodiscard]] static Address unixSocket(const QString &path);
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
