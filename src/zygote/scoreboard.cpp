// SPDX-License-Identifier: MIT
#include "zygote/scoreboard_p.h"

#include "posix/memory_p.h"

#include <new>

namespace Prefork::Internal {

Scoreboard::Scoreboard()
    : m_pageSize(Posix::pageSize())
    , m_memory(Posix::mapShared(size()))
{
    if (m_memory)
        m_flags = {new (at(MaxWorkers)) std::atomic<quint8>[Flags], Flags};
}

Scoreboard::~Scoreboard()
{
    if (m_memory)
        Posix::unmapShared(m_memory, size());
}

std::optional<std::size_t> Scoreboard::take()
{
    std::size_t slot = m_unused;
    if (!m_free.empty()) {
        slot = m_free.back();
        m_free.pop_back();
    } else if (m_unused < MaxWorkers) {
        ++m_unused;
    } else {
        return {};
    }
    new (at(slot)) ScoreboardPage;
    return slot;
}

// If the worker ended in a method while held replies waited, the flag of that method is set: the next worker shall not
// hold replies back for it.
void Scoreboard::giveBack(std::size_t slot)
{
    const quint32 flag = page(slot)->heldFor.exchange(0, std::memory_order_relaxed);
    if (flag > 0 && flag <= Flags)
        m_flags[flag - 1].store(1, std::memory_order_relaxed);
    page(slot)->state.store(ScoreboardPage::Free, std::memory_order_relaxed);
    m_free.push_back(slot);
}

ScoreboardPage *Scoreboard::page(std::size_t slot) const
{
    return std::launder(reinterpret_cast<ScoreboardPage *>(at(slot)));
}

void Scoreboard::makeReadOnly()
{
    Posix::protect(m_memory, size(), false);
}

void Scoreboard::makeReadOnlyBut(std::size_t slot)
{
    makeReadOnly();
    Posix::protect(at(slot), m_pageSize, true);
    Posix::protect(at(MaxWorkers), Flags, true);
}

}
