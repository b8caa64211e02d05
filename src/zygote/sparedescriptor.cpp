// SPDX-License-Identifier: MIT
#include "zygote/sparedescriptor_p.h"

#include "posix/limits_p.h"
#include "posix/message_p.h"
#include "posix/poller_p.h"

#include <algorithm>

namespace Prefork::Internal {

using Posix::Resource;

quint64 SpareDescriptor::softLimit() const
{
    const auto most = m_start.options.limits.openFiles;
    const quint64 limit = most ? quint64(*most) : m_start.descriptorLimit;
    return limit == 0 || quint64(m_number) >= limit ? limit : limit + 1; // the reserved one counts only below the limit
}

// The hard limit stays above the number that is kept free, because it cannot be raised again.
QString SpareDescriptor::limit() const
{
    const quint64 soft = softLimit();
    if (!m_start.options.limits.openFiles) {
        Posix::limitDescriptors(soft);
        return {};
    }
    const quint64 hard = std::min(std::max(soft, quint64(m_number + 1)), Posix::hardLimit(Resource::OpenFiles));
    if (Posix::limitResource(Resource::OpenFiles, std::min(soft, hard), hard))
        return {};
    return QStringLiteral("cannot limit descriptors to %1: %2").arg(soft).arg(Posix::lastErrorText());
}

Posix::Fd SpareDescriptor::receive(ZygoteMessages::Request *request)
{
    const quint64 before = Posix::descriptorLimit();
    if (before <= quint64(m_number))
        Posix::limitDescriptors(quint64(m_number) + 1);
    m_reserved.reset();
    Posix::Fd connection;
    for (;;) {
        const Posix::Transfer transfer
            = Posix::receiveMessage(m_start.parking, ZygoteMessages::spaceOf(request), &connection);
        if (transfer.status == Posix::Transfer::Done)
            break;
        if (transfer.status != Posix::Transfer::WouldBlock)
            return {};
        Posix::waitFor({}, std::chrono::milliseconds(10)); // the kernel has no memory just now
    }
    Posix::Fd(m_start.parking).reset();
    restoreLimit(before);
    return connection;
}

// If setup has changed the limit, that counts, unless ZygoteOptions::limits has one.
void SpareDescriptor::restoreLimit(quint64 before) const
{
    if (const auto most = m_start.options.limits.openFiles)
        static_cast<void>(Posix::limitResource(Resource::OpenFiles, quint64(*most), quint64(*most)));
    else
        Posix::limitDescriptors(before == softLimit() ? m_start.descriptorLimit : before);
}

}
