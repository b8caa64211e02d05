// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMENODE_P_H
#define QTPREFORK_FRAMENODE_P_H

#include "frame/blockcache_p.h"

#include <QtPrefork/frame.h>

#include <QtCore/QSharedData>

#include <atomic>

namespace Prefork::detail {

// This is what a back-trace shows of a frame.
struct FrameLabel
{
    QByteArray name;
    QByteArray call;
    SourceLocation where;

    QString shownName() const;
    QString line() const;
};

// These are the labels of frames that may have been deleted, newest first. Back-traces show them.
struct FrameHistory : QSharedData
{
    std::vector<FrameLabel> labels;
    qint64 leftOut = 0; // how many older frames there were without a label here
};

// This is what only a frame with a catcher or locals has.
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

// This is a node of the tree of frames: the data that the Frame handles of one frame share. It counts its references.
// Handles hold references to it, and so do the Activations in which it runs and its child nodes. A node gets its
// catcher and its locals when it is made; only the values of the locals change later. It looks for catchers and locals
// from itself outwards, and makes back-traces. Which frame runs is known to Activation and not to the nodes.
//
// A node is *plain* if it has neither catcher nor locals. A node keeps its parent alive. But after each 64 plain nodes
// in a row the next one keeps, in place of its parent, the nearest node that is not plain, and the labels of the 64. So
// endless chains of callbacks use constant memory.
//
// References may be taken and given back in any thread. Nothing else here has a lock: only one thread at a time may use
// a tree.
class QTPREFORK_EXPORT FrameNode : public InBlock
{
public:
    static constexpr qint64 PlainRun = 64; // after so many plain nodes in a row the older ones are let go
    static constexpr int MaxLines = 256; // a back-trace is cut after about so many lines

    // Makes a node with one reference, which the caller must give back by release(). The node takes a reference of its
    // own to @p parent, which may be null. The locals to bind are in @p options.
    static FrameNode *create(const FrameOptions &options, Catcher catcher, FrameNode *parent, SourceLocation where);
    // Does the same for a plain node.
    static FrameNode *createPlain(const QByteArray &name, const QByteArray &call, FrameNode *parent,
                                  SourceLocation where);
    // Takes a further reference, and returns this node.
    FrameNode *retain() noexcept
    {
        m_references.fetch_add(1, std::memory_order_relaxed);
        return this;
    }
    // Gives a reference back; the last one deletes the node. @p node may be null.
    static void release(FrameNode *node) noexcept
    {
        if (node && node->m_references.fetch_sub(1, std::memory_order_acq_rel) == 1)
            destroy(node);
    }

    const FrameLabel &label() const noexcept { return m_label; }
    QString backTrace(const QString &firstLine) const;
    // Returns @p error with a back-trace from this node, or @p error itself if it has a back-trace already.
    Error traced(const Error &error) const;
    // Gives the error to the catchers from this node outwards, until one takes it. If a catcher throws, what it throws
    // takes the place of the error, with the same back-trace, and goes to the next catcher. Returns the error that none
    // took.
    std::optional<Error> deliver(const Error &error);
    // Returns the value of the local, as bound nearest to this node; null if it is not bound.
    void *findCell(quint64 key) const noexcept;

private:
    FrameNode(const QByteArray &name, const QByteArray &call, SourceLocation where)
        : m_label{name, call, where}
    {
    }
    ~FrameNode() = default;
    static void destroy(FrameNode *node) noexcept;
    void attachTo(FrameNode *parent);
    // Returns the nearest node that is not plain, from this one outwards; null if there is none.
    FrameNode *environmentNode() noexcept;
    // Returns the labels of the last 64 nodes, this one being the newest, for children that will not keep them alive.
    QExplicitlySharedDataPointer<FrameHistory> historyForChildren();

    std::atomic<int> m_references{1};
    FrameNode *m_parent = nullptr;
    // These are the nearest node that has a catcher, and the nearest that has locals, from this node outwards. They are
    // kept alive through m_parent. In a node to be deleted, m_nearestCatcher is the link to the next one to delete.
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
