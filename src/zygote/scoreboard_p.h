// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SCOREBOARD_P_H
#define QTPREFORK_SCOREBOARD_P_H

#include "worker/scoreboardpage_p.h"

#include <optional>
#include <vector>

namespace Prefork {

/// The pages of all workers: shared memory mapped before the zygote is forked, so that program, zygote and workers see the same.
class Scoreboard
{
    Q_DISABLE_COPY_MOVE(Scoreboard)

public:
    static constexpr std::size_t MaxWorkers = 16384;

    Scoreboard();
    ~Scoreboard();
    [[nodiscard]] bool isValid() const { return m_memory != nullptr; }

    /// In the zygote: a page nobody uses, or nothing when all are taken.
    [[nodiscard]] std::optional<std::size_t> take();
    void giveBack(std::size_t slot);
    [[nodiscard]] ScoreboardPage *page(std::size_t slot) const;

    void makeReadOnly();
    /// In a worker: it writes its own page and no other's.
    void makeReadOnlyBut(std::size_t slot);

private:
    [[nodiscard]] char *at(std::size_t slot) const { return static_cast<char *>(m_memory) + slot * m_pageSize; }

    std::size_t m_pageSize;
    void *m_memory;
    std::size_t m_unused = 0; // pages from here on were never taken
    std::vector<std::size_t> m_free;
};

}

#endif
