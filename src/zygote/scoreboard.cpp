// SPDX-License-Identifier: MIT
#include "zygote/scoreboard_p.h"

#include "posix/memory_p.h"

#include <new>

namespace Prefork::Internal {

Scoreboard::Scoreboard()
    : m_pageSize(Posix::pageSize())
    , m_memory(Posix::mapShared(size()))
{
    if (!m_memory)
        return;
    m_unused = new (at(MaxWorkers)) std::atomic<quint32>(0);
    m_flags = {new (at(MaxWorkers + 1)) std::atomic<quint8>[Flags], Flags};
}

Scoreboard::~Scoreboard()
{
    if (m_memory)
        Posix::unmapShared(m_memory, size());
}

std::optional<std::size_t> Scoreboard::take()
{
    const quint32 unused = m_unused->load(std::memory_order_relaxed);
    std::size_t slot = unused;
    const bool isNew = m_free.empty();
    if (!isNew) {
        slot = m_free.back();
        m_free.pop_back();
    } else if (unused == MaxWorkers) {
        return {};
    }
    new (at(slot)) ScoreboardPage;
    if (isNew)
        m_unused->store(unused + 1, std::memory_order_release); // the program may read the page now
    return slot;
}

int Scoreboard::parkedCount() const
{
    int count = 0;
    for (std::size_t slot = 0; slot < m_unused->load(std::memory_order_acquire); ++slot)
        count += page(slot)->isParked();
    return count;
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
    if (slot > 0)
        Posix::protect(m_memory, slot * m_pageSize, false);
    Posix::protect(at(slot + 1), (MaxWorkers - slot) * m_pageSize, false); // the zygote's page is the last of these
}

}
