// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTERROR_P_H
#define QTPREFORK_QML_SCRIPTERROR_P_H

#include "place_p.h"

#include <QtPrefork/error.h>

namespace Prefork::Qml {

/// @p error as the JavaScript Error that was made where the call was, which gets its message and code, detail, method,
/// data and backTrace.
[[nodiscard]] QJSValue toScriptError(QJSEngine *engine, const CallSite &site, const Error &error);

/// Whether a JavaScript value is an error of that code.
[[nodiscard]] bool hasCode(const QJSValue &error, Error::Code code);

/// That somebody asked for the end of a call, or does not listen any more.
[[nodiscard]] Error canceled(const QString &method, const QString &detail = {});

}

#endif
