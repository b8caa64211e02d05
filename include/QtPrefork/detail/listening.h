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

}

#endif
