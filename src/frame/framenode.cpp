// SPDX-License-Identifier: MIT
#include "framenode_p.h"

namespace Prefork::detail {

namespace {

thread_local FrameNode *nodesToDelete = nullptr;
thread_local bool isDeleting = false;

}

FrameNode::FrameNode(const FrameOptions &options, SourceLocation where)
    : m_label{options.name, options.call, where}
{
}

FrameNode *FrameNode::create(const FrameOptions &options, Catcher catcher, FrameNode *parent, SourceLocation where)
{
    std::unique_ptr<FrameEnvironment> environment;
    if (!catcher.isNull() || !options.locals.empty()) {
        environment = std::make_unique<FrameEnvironment>();
        environment->catcher = std::move(catcher);
        for (const LocalBinding &local : options.locals)
            environment->cells.push_back({local.key(), local.makeCell()});
    }

    auto *node = new FrameNode(options, where);
    if (parent)
        node->attachTo(parent);
    if (!environment) {
        node->m_plainRun += 1;
        return node;
    }
    node->m_plainRun = 0;
    if (!environment->catcher.isNull())
        node->m_nearestCatcher = node;
    if (!environment->cells.empty())
        node->m_nearestCells = node;
    node->m_environment = std::move(environment);
    return node;
}

void FrameNode::attachTo(FrameNode *parent)
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

FrameNode *FrameNode::retain() noexcept
{
    m_references.fetch_add(1, std::memory_order_relaxed);
    return this;
}

// Nodes to delete are kept in a list and deleted in a loop. Recursion through parents, or through catchers that own
// further frames, could overflow the stack: a tree can be a million frames deep.
void FrameNode::release(FrameNode *node) noexcept
{
    if (!node || node->m_references.fetch_sub(1, std::memory_order_acq_rel) != 1)
        return;
    node->m_nearestCatcher = std::exchange(nodesToDelete, node);
    if (std::exchange(isDeleting, true))
        return;
    while (nodesToDelete) {
        FrameNode *next = nodesToDelete;
        nodesToDelete = next->m_nearestCatcher;
        FrameNode *parent = next->m_parent;
        delete next;
        release(parent);
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
