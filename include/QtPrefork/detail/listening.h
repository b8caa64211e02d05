// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_LISTENING_H
#define QTPREFORK_DETAIL_LISTENING_H

#include <QtCore/QSharedData>

#include <memory>

namespace Prefork::detail {

struct CallHandlers;

/// The handlers of a call's events and progress. They are shared by the call and by notices that wait for delivery.
/// When the call has settled or was canceled, isOver becomes true, and waiting notices are dropped.
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

}

#endif
