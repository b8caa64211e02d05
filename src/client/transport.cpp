// SPDX-License-Identifier: MIT
#include "client/transport_p.h"

#include "client/sockettransport_p.h"
#include "client/zygotetransport_p.h"

namespace Prefork::Internal {

std::unique_ptr<Transport> Transport::make(const Address &address, const PeerPolicy &servers)
{
    if (address.scheme() == Address::Scheme::Unix)
        return std::make_unique<UnixTransport>(address, servers);
    return std::make_unique<TcpTransport>(address);
}

std::unique_ptr<Transport> Transport::make(const std::shared_ptr<ZygoteChannel> &channel)
{
    return std::make_unique<ZygoteTransport>(channel);
}

void Transport::connectedOrFailed(quint64 worker, const Address &address, Posix::Fd descriptor, const QString &cause,
                                  const QString &absence)
{
    if (descriptor.isOpen())
        Q_EMIT connected(worker, std::make_shared<Stream>(std::move(descriptor)));
    else
        Q_EMIT failed(worker, QStringLiteral("could not connect to %1: %2").arg(address.toString(), cause), absence);
}

QString Transport::absenceOf(const Address &address, const QString &reason)
{
    return QStringLiteral("no server listens at %1: %2").arg(address.toString(), reason);
}

std::optional<QString> Transport::causeOfDeath(quint64) const
{
    return {};
}

}
