// SPDX-License-Identifier: MIT
#include <QtPrefork/address.h>

#include "frame/printable_p.h"

#include <QtCore/QDebug>

#include <QtCore/QDir>
#include <QtCore/QFile>

#include <algorithm>

namespace Prefork {

Address Address::invalid(const QString &error)
{
    Address address;
    address.m_error = error;
    return address;
}

Address Address::parse(const QString &text)
{
    const QString unixPrefix = QStringLiteral("unix:");
    const QString tcpPrefix = QStringLiteral("tcp://");
    if (text.startsWith(unixPrefix))
        return unixSocket(text.sliced(unixPrefix.size()));
    if (!text.startsWith(tcpPrefix)) {
        const QString given
            = text.isEmpty() ? QStringLiteral("empty address") : QStringLiteral("unknown address '%1'").arg(text);
        return invalid(QStringLiteral("%1: use unix:/path/to.socket or tcp://host:port").arg(given));
    }
    QString rest = text.sliced(tcpPrefix.size());
    if (rest.endsWith(u'/'))
        rest.chop(1);
    const qsizetype colon = rest.lastIndexOf(u':');
    const QStringView digits = colon < 0 ? QStringView() : QStringView(rest).sliced(colon + 1);
    const bool isNumber = !digits.isEmpty() && digits.size() <= 5
        && std::all_of(digits.begin(), digits.end(), [](QChar c) { return c >= u'0' && c <= u'9'; });
    const uint port = digits.toUInt();
    if (!isNumber || port > 65535)
        return invalid(QStringLiteral("address '%1' has no port from 0 to 65535: use tcp://host:port").arg(text));
    QString host = rest.first(colon);
    const bool bracketed = host.startsWith(u'[') && host.endsWith(u']');
    if (bracketed)
        host = host.sliced(1, host.size() - 2);
    if (!bracketed && host.contains(u':'))
        return invalid(
            QStringLiteral("address '%1' has no valid host: use tcp://host:port or tcp://[::1]:port").arg(text));
    return tcp(host, quint16(port));
}

Address Address::unixSocket(const QString &path)
{
    if (path.isEmpty() || path.endsWith(u'/'))
        return invalid(QStringLiteral("address 'unix:%1' names no socket file").arg(path));
    if (path.startsWith(u'@') || path.contains(QChar(0)))
        return invalid(
            QStringLiteral("address 'unix:%1' names an abstract socket, which anybody may take: use a path").arg(path));
    const QString directory = path.startsWith(u'/') ? QString() : QDir::currentPath();
    if (!path.startsWith(u'/') && directory.isEmpty())
        return invalid(
            QStringLiteral(
                "address 'unix:%1' is relative to the current directory, which has been removed: use a whole path")
                .arg(path));
    const QString absolute = path.startsWith(u'/') ? path : directory + u'/' + path;
    if (const qsizetype bytes = QFile::encodeName(absolute).size(); bytes > MaxPathBytes) {
        return invalid(QStringLiteral("the socket path %1 has %2 bytes, and the kernel allows %3")
                           .arg(absolute)
                           .arg(bytes)
                           .arg(MaxPathBytes));
    }
    Address address;
    address.m_scheme = Scheme::Unix;
    address.m_place = absolute;
    return address;
}

Address Address::tcp(const QString &host, quint16 port)
{
    const bool isHost = !host.isEmpty() && std::none_of(host.begin(), host.end(), [](QChar c) {
        return c == u'/' || c == u'[' || c == u']' || c.isSpace();
    });
    if (!isHost)
        return invalid(QStringLiteral("'%1' is no valid host: use tcp://host:port or tcp://[::1]:port").arg(host));
    Address address;
    address.m_scheme = Scheme::Tcp;
    address.m_place = host;
    address.m_port = port;
    return address;
}

QString Address::toString() const
{
    switch (m_scheme) {
    case Scheme::Unix:
        return QStringLiteral("unix:") + m_place;
    case Scheme::Tcp:
        return QStringLiteral("tcp://%1:%2")
            .arg(m_place.contains(u':') ? QStringLiteral("[%1]").arg(m_place) : m_place)
            .arg(m_port);
    case Scheme::Invalid:
        break;
    }
    return {};
}

QDebug operator<<(QDebug debug, const Address &address)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Prefork::Address("
                              << detail::printable(address.isValid() ? address.toString() : address.errorString())
                              << ')';
    return debug;
}

}
