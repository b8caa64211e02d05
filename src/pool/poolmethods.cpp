// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

namespace Prefork::Pooling {

void Pool::noteRun(const CallRecord &call, Time now)
{
    constexpr Duration Short = std::chrono::milliseconds(1);
    if (call.runTimeout == Duration::zero() || call.begun == Never) [[likely]]
        return;
    quint8 &runs = m_methods[call.method].shortRuns;
    runs = quint8((runs << 1) | (now - call.begun < Short));
}

bool Pool::isUsuallyShort(MethodId method) const
{
    return method != 0 && m_methods[method].shortRuns == 0xff;
}

MethodId Pool::methodId(const QString &name)
{
    constexpr std::size_t MostMethods = 4096; // a program that calls more than that makes names up
    const auto found = m_methodIds.find(name);
    if (found != m_methodIds.end())
        return found->second;
    if (name.isEmpty() || m_methods.size() >= MostMethods)
        return 0;
    m_methods.push_back({name});
    return m_methodIds.emplace(name, MethodId(m_methods.size() - 1)).first->second;
}

QString Pool::methodName(MethodId method) const
{
    return m_methods[method].name;
}

}
