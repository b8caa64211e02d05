// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMENODE_P_H
#define QTPREFORK_FRAMENODE_P_H

#include "frame/blockcache_p.h"

#include <QtPrefork/frame.h>

#include <QtCore/QSharedData>

#include <atomic>

namespace Prefork::detail {

// What a back-trace shows of a frame.
struct FrameLabel
{
    QByteArray name;
    QByteArray call;
    SourceLocation where;

    QString shownName() const;
    QString line() const;
};

// The labels of frames that may have been deleted, newest first, for back-traces.
struct FrameHistory : QSharedData
{
    std::vector<FrameLabel> labels;
    qint64 leftOut = 0; // how many older frames there were without a label here
};

// What only a frame with a catcher or locals has.
struct FrameEnvironment
{
    struct Cell // the value of one local
    {
        quint64 key;
        std::shared_ptr<void> value;
    };

    Catcher catcher;
    std::vector<Cell> cells;
};

// A node of the tree of frames: the shared data behind Frame handles, with a reference count. It looks for catchers and
// locals from itself outwards, and makes back-traces. A node is *plain* if it has neither catcher nor locals. It keeps
// its parent alive. But after each 64 plain nodes in a row the next one keeps, in place of its parent, the nearest node
// that is not plain, and the labels of the 64: so endless chains of callbacks use constant memory.
class QTPREFORK_EXPORT FrameNode
{
public:
    static void *operator new(std::size_t size) { return takeBlock(size); }
    static void operator delete(void *memory, std::size_t size) noexcept { giveBlock(memory, size); }

    static constexpr qint64 PlainRun = 64; // after so many plain nodes in a row the older ones are let go
    static constexpr int MaxLines = 256; // a back-trace is cut after about so many lines

    static FrameNode *create(const FrameOptions &options, Catcher catcher, FrameNode *parent, SourceLocation where);
    FrameNode *retain() noexcept;
    static void release(FrameNode *node) noexcept;

    const FrameLabel &label() const noexcept { return m_label; }
    QString backTrace(const QString &firstLine) const;
    Error traced(const Error &error) const;
    // Runs the catchers from this node outwards until one takes the error. Returns the error that none took.
    std::optional<Error> deliver(const Error &error);
    // Returns the value of the local, as bound nearest to this node; null if it is not bound.
    void *findCell(quint64 key) const noexcept;

private:
    FrameNode(const FrameOptions &options, SourceLocation where);
    ~FrameNode() = default;
    void attachTo(FrameNode *parent);
    FrameNode *environmentNode() noexcept;
    QExplicitlySharedDataPointer<FrameHistory> historyForChildren();

    std::atomic<int> m_references{1};
    FrameNode *m_parent = nullptr;
    // The nearest node that has a catcher, and the nearest that has locals, from this node outwards. They are kept
    // alive through m_parent. In a node to be deleted, m_nearestCatcher is the link to the next one to delete.
    FrameNode *m_nearestCatcher = nullptr;
    FrameNode *m_nearestCells = nullptr;
    qint64 m_depth = 1; // number of nodes from the root to this one
    qint64 m_plainRun = 0; // number of plain nodes in a row, this one being the last
    FrameLabel m_label;
    QExplicitlySharedDataPointer<FrameHistory> m_history; // labels of the nodes between this one and m_parent
    QExplicitlySharedDataPointer<FrameHistory> m_childrensHistory; // the m_history of children, which share it
    std::unique_ptr<FrameEnvironment> m_environment;
};

}

#endif
