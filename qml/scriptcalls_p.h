// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTCALLS_P_H
#define QTPREFORK_QML_SCRIPTCALLS_P_H

#include "callhandle_p.h"
#include "outcome_p.h"

#include <functional>

namespace Prefork::Qml {

/// A function of this type returns a maker of calls that have the given options.
using MakerFor = std::function<CallMaker<>(const CallOptions &options)>;

/// These functions do what call() and promise() of Client and Checkout do.
[[nodiscard]] CallHandle callFromScript(QmlClient *client, QJSEngine *engine, const MakerFor &maker,
                                        CallRequest request, const QJSValue &onResult, const QJSValue &onError);
[[nodiscard]] QJSValue promiseFromScript(QmlClient *client, QJSEngine *engine, const MakerFor &maker,
                                         const CallRequest &request);

}

#endif
