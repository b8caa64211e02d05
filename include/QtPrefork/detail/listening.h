// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_LISTENING_H
#define QTPREFORK_DETAIL_LISTENING_H

#include <QtCore/QSharedData>

#include <memory>

namespace Prefork::detail {

struct CallHandlers;

/// Who hears what a call says before its result, as long as the call wants to be heard.
struct Listening : QSharedData
{
    explicit Listening(const std::shared_ptr<const CallHandlers> &its)
        : handlers(its)
    {
    }
    const std::shared_ptr<const CallHandlers> handlers;
    bool isOver = false;
};
using ListeningPtr = QExplicitlySharedDataPointer<Listening>;

/// Hears that a future is canceled, until it is ended.
class CancelWatch
{
public:
    virtual void end() = 0;

protected:
    ~CancelWatch() = default;
};
struct EndWatch
{
    void operator()(CancelWatch *watch) const { watch->end(); }
};
using CancelWatchPtr = std::unique_ptr<CancelWatch, EndWatch>;

}

#endif
