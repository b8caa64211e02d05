// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SCOREBOARD_P_H
#define QTPREFORK_SCOREBOARD_P_H

#include "worker/scoreboardpage_p.h"

#include <optional>
#include <span>
#include <vector>

namespace Prefork::Internal {

/// This is the shared memory with the pages of all workers, and behind them a page that the zygote writes, and the
/// flags of methods, which every worker may set. It is mapped before the zygote is forked, so that program, zygote and
/// workers see the same. The zygote gives pages to workers and takes them back; the program only reads.
class Scoreboard
{
    Q_DISABLE_COPY_MOVE(Scoreboard)

public:
    static constexpr std::size_t MaxWorkers = 16384;
    static constexpr std::size_t Flags = 4096; // no page of memory is smaller than this

    Scoreboard();
    ~Scoreboard();
    [[nodiscard]] bool isValid() const { return m_memory != nullptr; }

    /// Takes a page that no worker uses, in the zygote; nothing if there is none.
    [[nodiscard]] std::optional<std::size_t> take();
    void giveBack(std::size_t slot);
    [[nodiscard]] ScoreboardPage *page(std::size_t slot) const;
    /// Returns how many spare workers wait for a connection. The program may ask, too.
    [[nodiscard]] int parkedCount() const;
    /// Returns the flags that InterfacePrivate::shareSlowFlags() numbers.
    [[nodiscard]] std::span<std::atomic<quint8>> flags() const { return m_flags; }

    void makeReadOnly();
    /// Makes everything read-only but the worker's own page and the flags, in a worker.
    void makeReadOnlyBut(std::size_t slot);

private:
    [[nodiscard]] std::size_t size() const { return (MaxWorkers + 1) * m_pageSize + Flags; }
    [[nodiscard]] char *at(std::size_t slot) const { return static_cast<char *>(m_memory) + slot * m_pageSize; }

    std::size_t m_pageSize;
    void *m_memory;
    std::span<std::atomic<quint8>> m_flags;
    std::atomic<quint32> *m_unused = nullptr; // on the zygote's page: the first page that was never taken
    std::vector<std::size_t> m_free;
};

}

#endif
