// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTCALLS_P_H
#define QTPREFORK_QML_SCRIPTCALLS_P_H

#include "callhandle_p.h"
#include "outcome_p.h"

#include <functional>

namespace Prefork::Qml {

/// Where calls are made, with options of their own.
using MakerFor = std::function<CallMaker<>(const CallOptions &options)>;

/// call() and promise() of Client and Checkout.
[[nodiscard]] CallHandle callFromScript(QmlClient *client, QJSEngine *engine, const MakerFor &maker,
                                        CallRequest request, const QJSValue &onResult, const QJSValue &onError);
[[nodiscard]] QJSValue promiseFromScript(QmlClient *client, QJSEngine *engine, const MakerFor &maker,
                                         const CallRequest &request);

}

#endif
