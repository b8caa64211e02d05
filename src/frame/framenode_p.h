// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMENODE_P_H
#define QTPREFORK_FRAMENODE_P_H

#include "frame/blockcache_p.h"

#include <QtPrefork/frame.h>

#include <QtCore/QSharedData>

#include <atomic>

namespace Prefork::detail {

// What a back-trace needs to know of a frame.
struct FrameLabel
{
    QByteArray name;
    QByteArray call;
    SourceLocation where;

    QString shownName() const;
    QString line() const;
};

// The names of frames that are gone, newest first.
struct FrameHistory : QSharedData
{
    std::vector<FrameLabel> labels;
    qint64 leftOut = 0;
};

// The part only frames with a catcher or locals have.
struct FrameEnvironment
{
    struct Cell
    {
        quint64 key;
        std::shared_ptr<void> value;
    };

    Catcher catcher;
    std::vector<Cell> cells;
};

// A node keeps its parent, except every 64th plain one in a row: that keeps its history and the nearest node with an
// environment, so that the nodes between can go.
class QTPREFORK_EXPORT FrameNode
{
public:
    static void *operator new(std::size_t size) { return takeBlock(size); }
    static void operator delete(void *memory, std::size_t size) noexcept { giveBlock(memory, size); }

    static constexpr qint64 PlainRun = 64;
    static constexpr int MaxLines = 256;

    static FrameNode *create(const FrameOptions &options, Catcher catcher, FrameNode *parent, SourceLocation where);
    FrameNode *retain() noexcept;
    static void release(FrameNode *node) noexcept;

    const FrameLabel &label() const noexcept { return m_label; }
    QString backTrace(const QString &firstLine) const;
    Error traced(const Error &error) const;
    // Runs the catchers; the error that is left, if any.
    std::optional<Error> deliver(const Error &error);
    void *findCell(quint64 key) const noexcept;

private:
    FrameNode(const FrameOptions &options, SourceLocation where);
    ~FrameNode() = default;
    void attachTo(FrameNode *parent);
    FrameNode *environmentNode() noexcept;
    QExplicitlySharedDataPointer<FrameHistory> pastOfChildren();

    std::atomic<int> m_references{1};
    FrameNode *m_parent = nullptr;
    // Nearest nodes from here outwards; kept alive through m_parent. A dying node uses m_nearestCatcher to queue up.
    FrameNode *m_nearestCatcher = nullptr;
    FrameNode *m_nearestCells = nullptr;
    qint64 m_depth = 1;
    qint64 m_plainRun = 0;
    FrameLabel m_label;
    QExplicitlySharedDataPointer<FrameHistory> m_past; // between this node and m_parent
    QExplicitlySharedDataPointer<FrameHistory> m_childrensPast; // siblings share it
    std::unique_ptr<FrameEnvironment> m_environment;
};

}

#endif
