// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTERROR_P_H
#define QTPREFORK_QML_SCRIPTERROR_P_H

#include "place_p.h"

#include <QtPrefork/error.h>

namespace Prefork::Qml {

/// Returns @p error as a JavaScript Error: the one of @p site, which was made where the call was made. It gets the
/// message, code, detail, method, data and backTrace.
[[nodiscard]] QJSValue toScriptError(QJSEngine *engine, const CallSite &site, const Error &error);

/// Returns true if a JavaScript value is an error with this code.
[[nodiscard]] bool hasCode(const QJSValue &error, Error::Code code);

/// Returns the error of a call that somebody has canceled, or to which nobody listens any more.
[[nodiscard]] Error canceled(const QString &method, const QString &detail = {});

}

#endif
