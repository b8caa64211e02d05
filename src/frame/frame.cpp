// SPDX-License-Identifier: MIT
#include "frame/callframe_p.h"
#include "frame/delivery_p.h"
#include "framenode_p.h"

namespace Prefork {

using detail::Activation;
using detail::FrameNode;

namespace {

constinit thread_local Activation *innermost = nullptr;

}

namespace detail {

Activation::Activation(const Frame &frame, Kind kind) noexcept
    : m_node(frame.m_node ? frame.m_node->retain() : nullptr)
    , m_outer(std::exchange(innermost, this))
    , m_kind(kind)
{
}

Activation::~Activation()
{
    innermost = m_outer;
    FrameNode::release(m_node);
}

std::optional<Error> Activation::deliverCurrentException()
{
    const Error error = Error::fromCurrentException();
    if (!m_node)
        return error;
    m_kind = Catching;
    return m_node->deliver(error);
}

void leaveFrameCallback(const Error &left)
{
    Activation *activation = innermost;
    while (activation && activation->m_kind != Activation::Delivering)
        activation = activation->m_outer;
    if (!activation)
        left.rethrow();
    try {
        left.rethrow();
    } catch (...) {
        static_cast<Delivery *>(activation)->m_left = std::current_exception();
        throw;
    }
}

quint64 newLocalKey() noexcept
{
    static std::atomic<quint64> last{0};
    return ++last;
}

void *findLocal(quint64 key) noexcept
{
    for (const Activation *activation = innermost; activation; activation = activation->m_outer) {
        if (activation->m_kind == Activation::Catching)
            continue;
        if (!activation->m_node)
            return nullptr;
        if (void *cell = activation->m_node->findCell(key))
            return cell;
    }
    return nullptr;
}

}

Frame detail::CallFrame::create(const QByteArray &name, const QByteArray &call, SourceLocation where)
{
    return Frame(FrameNode::createPlain(name, call, innermost ? innermost->m_node : nullptr, where));
}

Frame detail::CallFrame::create(const QByteArray &name, const QByteArray &call, const Frame &parent,
                                SourceLocation where)
{
    return Frame(FrameNode::createPlain(name, call, parent.m_node, where));
}

QByteArray detail::CallFrame::callOf(const Frame &frame)
{
    return frame.m_node ? frame.m_node->label().call : QByteArray();
}

Frame::Frame(const Frame &other) noexcept
    : m_node(other.m_node ? other.m_node->retain() : nullptr)
{
}

Frame::~Frame()
{
    FrameNode::release(m_node);
}

Frame Frame::current() noexcept
{
    return Frame(innermost && innermost->m_node ? innermost->m_node->retain() : nullptr);
}

Frame Frame::create(const FrameOptions &options, const Frame &parent, SourceLocation where)
{
    return Frame(FrameNode::create(options, {}, parent.m_node, where));
}

Frame Frame::create(const FrameOptions &options, Catcher catcher, const Frame &parent, SourceLocation where)
{
    return Frame(FrameNode::create(options, std::move(catcher), parent.m_node, where));
}

QString Frame::name() const
{
    return m_node ? m_node->label().shownName() : QString();
}

SourceLocation Frame::location() const noexcept
{
    return m_node ? m_node->label().where : SourceLocation();
}

QString Frame::backTrace(const QString &firstLine) const
{
    return m_node ? m_node->backTrace(firstLine) : QString();
}

QString Frame::backTrace(const Error &error) const
{
    return traced(error).backTrace();
}

Error Frame::traced(const Error &error) const
{
    return m_node ? m_node->traced(error) : error;
}

std::optional<Error> Frame::raise(const Error &error) const
{
    if (!m_node)
        return error;
    const Activation catching(*this, Activation::Catching);
    return m_node->deliver(error);
}

std::optional<Error> Frame::raise(const std::exception_ptr &exception) const
{
    return raise(Error::fromException(exception));
}

}
