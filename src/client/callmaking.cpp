// SPDX-License-Identifier: MIT
#include <QtPrefork/client.h>

#include <algorithm>

namespace Prefork::detail {

CallNotice::~CallNotice() = default;
NoticeHandler::~NoticeHandler() = default;

bool CallHandlers::isContextElsewhere() const
{
    const auto isElsewhere = [](const auto &handler) { return handler->isContextElsewhere(); };
    return std::any_of(events.begin(), events.end(), [&](const Named &named) { return isElsewhere(named.handler); })
        || std::any_of(progress.begin(), progress.end(), isElsewhere);
}

Call CallMaking::submit(const CallTarget &target, const CallArguments &arguments,
                        std::unique_ptr<ResultHandler> handler, const CallExtras *extras) const
{
    return m_checkout ? m_checkout->enqueue(target, arguments, std::move(handler), extras)
                      : m_client->oneShot(target, arguments, std::move(handler), extras);
}

}
