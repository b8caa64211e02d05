// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_CALLREQUEST_P_H
#define QTPREFORK_QML_CALLREQUEST_P_H

#include "place_p.h"

#include <QtPrefork/calloptions.h>

#include <QtCore/QPointer>
#include <QtCore/QVariant>

namespace Prefork::Qml {

/// This is a call as JavaScript has asked for it, understood as far as possible.
struct CallRequest
{
    QString method = {};
    QVariantList arguments = {};
    CallOptions options = {};
    /// The object on whose behalf the call is made; null if there is none.
    QPointer<QObject> owner = {};
    QJSValue onProgress = {};
    QJSValue onEvent = {};
    CallSite site = {};
    /// Says what is wrong with the request; empty if nothing is.
    QString problem = {};
};

/// Reads the parameters that the functions for calls have in common. @p last is undefined, null, an owner, or an object
/// of options.
[[nodiscard]] CallRequest readRequest(QJSEngine *engine, const QJSValue &method, const QJSValue &arguments,
                                      const QJSValue &last, CallSite site);

}

#endif
