// SPDX-License-Identifier: MIT
#include "views/methodlatencies_p.h"

namespace Prefork::Views {

void MethodLatencies::Entry::add(const EndedCall &call)
{
    if (call.outcome == EndedCall::Finished)
        latencies.add(call.latency());
    else
        ++(call.outcome == EndedCall::Failed ? failed : canceled);
}

std::size_t MethodLatencies::add(const EndedCall &call)
{
    m_total.add(call);
    const auto found = m_numbers.constFind(call.method);
    std::size_t number = MostMethods;
    if (found != m_numbers.cend()) {
        number = *found;
    } else if (m_methods.size() < MostMethods) {
        number = m_methods.size();
        m_methods.push_back(call.method);
        m_numbers.insert(call.method, number);
    }
    if (number >= m_entries.size())
        m_entries.resize(number + 1);
    m_entries[number].add(call);
    return number;
}

void MethodLatencies::clear()
{
    *this = MethodLatencies();
}

QString MethodLatencies::methodOf(std::size_t number) const
{
    return number < m_methods.size() ? m_methods[number] : QString();
}

}
