// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SCOREBOARD_P_H
#define QTPREFORK_SCOREBOARD_P_H

#include "worker/scoreboardpage_p.h"

#include <optional>
#include <span>
#include <vector>

namespace Prefork::Internal {

/// The pages of all workers: shared memory mapped before the zygote is forked, so that program, zygote and workers see
/// the same. Behind them lie flags that every worker may set.
class Scoreboard
{
    Q_DISABLE_COPY_MOVE(Scoreboard)

public:
    static constexpr std::size_t MaxWorkers = 16384;
    static constexpr std::size_t Flags = 4096; // no page is smaller

    Scoreboard();
    ~Scoreboard();
    [[nodiscard]] bool isValid() const { return m_memory != nullptr; }

    /// In the zygote: a page nobody uses, or nothing when all are taken.
    [[nodiscard]] std::optional<std::size_t> take();
    void giveBack(std::size_t slot);
    [[nodiscard]] ScoreboardPage *page(std::size_t slot) const;
    /// Of methods, by InterfacePrivate::shareSurprises().
    [[nodiscard]] std::span<std::atomic<quint8>> flags() const { return m_flags; }

    void makeReadOnly();
    /// In a worker: it writes its own page and no other's, and the flags.
    void makeReadOnlyBut(std::size_t slot);

private:
    [[nodiscard]] std::size_t size() const { return MaxWorkers * m_pageSize + Flags; }
    [[nodiscard]] char *at(std::size_t slot) const { return static_cast<char *>(m_memory) + slot * m_pageSize; }

    std::size_t m_pageSize;
    void *m_memory;
    std::span<std::atomic<quint8>> m_flags;
    std::size_t m_unused = 0; // pages from here on were never taken
    std::vector<std::size_t> m_free;
};

}

#endif
