// SPDX-License-Identifier: MIT
#include "sending.h"

namespace Storm {

// In this order: behind onFailed(), Qt 6.4 has forgotten that the future was canceled.
QFuture<QString> awaitFuture(Desk *desk, const Request &request, QFuture<QString> future)
{
    future.then([desk, request](const QString &answer) { desk->answered(request, answer); })
        .onCanceled([desk, request] { desk->canceled(request); })
        .onFailed([desk, request](const Prefork::Error &error) { desk->failed(request, error); });
    return future;
}

std::chrono::milliseconds moment(Desk *desk)
{
    return std::chrono::milliseconds(pick(desk->random(), 12));
}

}
