// SPDX-License-Identifier: MIT
#include "views/lastcalls_p.h"

namespace Prefork::Views {

void LastCalls::setLimit(qsizetype limit)
{
    m_limit = limit;
    while (qsizetype(m_aside.size()) > m_limit)
        m_aside.pop_back();
}

void LastCalls::add(const EndedCall &call)
{
    if (m_limit == 0)
        return;
    if (qsizetype(m_aside.size()) == m_limit)
        m_aside.pop_back();
    m_aside.push_front(call);
}

LastCalls::Change LastCalls::changeFor(const std::deque<EndedCall> &news) const
{
    const auto inserted = std::min(qsizetype(news.size()), m_limit);
    return {.removed = std::max<qsizetype>(0, size() + inserted - m_limit), .inserted = inserted};
}

void LastCalls::dropOldest(qsizetype count)
{
    m_calls.resize(m_calls.size() - std::size_t(count));
}

void LastCalls::takeIn(const std::deque<EndedCall> &news, qsizetype count)
{
    m_calls.insert(m_calls.begin(), news.begin(), news.begin() + count);
}

void LastCalls::clear()
{
    m_calls.clear();
    m_aside.clear();
}

}
