// SPDX-License-Identifier: MIT
#include "framenode_p.h"

namespace Prefork::detail {

namespace {

constinit thread_local FrameNode *nodesToDelete = nullptr;
constinit thread_local bool isDeleting = false;

}

inline void FrameNode::attachTo(FrameNode *parent)
{
    m_depth = parent->m_depth + 1;
    m_plainRun = parent->m_plainRun;
    m_nearestCatcher = parent->m_nearestCatcher;
    m_nearestCells = parent->m_nearestCells;
    if (parent->m_plainRun > 0 && parent->m_plainRun % PlainRun == 0) {
        m_history = parent->historyForChildren();
        parent = parent->environmentNode();
    }
    m_parent = parent ? parent->retain() : nullptr;
}

FrameNode *FrameNode::createPlain(const QByteArray &name, const QByteArray &call, FrameNode *parent,
                                  SourceLocation where)
{
    auto *const node = new FrameNode(name, call, where);
    if (parent)
        node->attachTo(parent);
    node->m_plainRun += 1;
    return node;
}

FrameNode *FrameNode::create(const FrameOptions &options, Catcher catcher, FrameNode *parent, SourceLocation where)
{
    if (catcher.isNull() && options.locals.empty())
        return createPlain(options.name, options.call, parent, where);
    auto environment = std::make_unique<FrameEnvironment>();
    environment->catcher = std::move(catcher);
    for (const LocalBinding &local : options.locals)
        environment->cells.push_back({local.key(), local.makeCell()});

    auto *const node = new FrameNode(options.name, options.call, where);
    if (parent)
        node->attachTo(parent);
    node->m_plainRun = 0;
    if (!environment->catcher.isNull())
        node->m_nearestCatcher = node;
    if (!environment->cells.empty())
        node->m_nearestCells = node;
    node->m_environment = std::move(environment);
    return node;
}

FrameNode *FrameNode::environmentNode() noexcept
{
    FrameNode *node = this;
    while (node && !node->m_environment)
        node = node->m_parent;
    return node;
}

QExplicitlySharedDataPointer<FrameHistory> FrameNode::historyForChildren()
{
    if (!m_childrensHistory) {
        m_childrensHistory = new FrameHistory;
        m_childrensHistory->labels.reserve(PlainRun);
        for (const FrameNode *node = this; m_childrensHistory->labels.size() < PlainRun; node = node->m_parent)
            m_childrensHistory->labels.push_back(node->m_label);
        m_childrensHistory->leftOut = m_plainRun - PlainRun;
    }
    return m_childrensHistory;
}

// Nodes are deleted in a loop, from child to parent. Nodes that catchers own, and that go with them, are kept in a list
// meanwhile. Recursion could overflow the stack: a tree can be a million frames deep.
void FrameNode::destroy(FrameNode *node) noexcept
{
    if (std::exchange(isDeleting, true)) {
        node->m_nearestCatcher = std::exchange(nodesToDelete, node);
        return;
    }
    while (node) {
        FrameNode *const parent = node->m_parent;
        delete node;
        if (parent && parent->m_references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
            node = parent;
        } else {
            node = nodesToDelete;
            if (node) [[unlikely]]
                nodesToDelete = node->m_nearestCatcher;
        }
    }
    isDeleting = false;
}

Error FrameNode::traced(const Error &error) const
{
    return error.backTrace().isEmpty() ? error.withBackTrace(backTrace(error.message())) : error;
}

std::optional<Error> FrameNode::deliver(const Error &error)
{
    Error left = traced(error);
    const QString trace = left.backTrace();
    FrameNode *catching = m_nearestCatcher;
    while (catching) {
        try {
            if (catching->m_environment->catcher.take(left))
                return std::nullopt;
        } catch (...) {
            left = Error::fromCurrentException().withBackTrace(trace);
        }
        catching = catching->m_parent ? catching->m_parent->m_nearestCatcher : nullptr;
    }
    return left;
}

void *FrameNode::findCell(quint64 key) const noexcept
{
    const FrameNode *node = m_nearestCells;
    while (node) {
        for (const FrameEnvironment::Cell &cell : node->m_environment->cells) {
            if (cell.key == key)
                return cell.value.get();
        }
        node = node->m_parent ? node->m_parent->m_nearestCells : nullptr;
    }
    return nullptr;
}

}
