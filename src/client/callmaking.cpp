// SPDX-License-Identifier: MIT
#include <QtPrefork/client.h>

namespace Prefork::detail {

CallNotice::~CallNotice() = default;
EventHandler::~EventHandler() = default;
ProgressHandler::~ProgressHandler() = default;

Call CallMaking::submit(const CallTarget &target, const CallArguments &arguments,
                        std::unique_ptr<ResultHandler> handler, const CallExtras *extras) const
{
    return m_checkout ? m_checkout->enqueue(target, arguments, std::move(handler), extras)
                      : m_client->oneShot(target, arguments, std::move(handler), extras);
}

}
