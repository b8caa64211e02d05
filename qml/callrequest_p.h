// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_CALLREQUEST_P_H
#define QTPREFORK_QML_CALLREQUEST_P_H

#include "place_p.h"

#include <QtPrefork/calloptions.h>

#include <QtCore/QPointer>
#include <QtCore/QVariant>

namespace Prefork::Qml {

/// A call as it was asked for in JavaScript, understood as far as it can be.
struct CallRequest
{
    QString method = {};
    QVariantList arguments = {};
    CallOptions options = {};
    /// On whose behalf it is made; null for nobody's.
    QPointer<QObject> owner = {};
    QJSValue onProgress = {};
    QJSValue onEvent = {};
    CallSite site = {};
    /// What is wrong with it; empty if nothing is.
    QString problem = {};
};

/// Reads the parameters that the functions for calls have in common. @p last is undefined, null, an owner, or an object
/// of options.
[[nodiscard]] CallRequest readRequest(QJSEngine *engine, const QJSValue &method, const QJSValue &arguments,
                                      const QJSValue &last, CallSite site);

}

#endif
