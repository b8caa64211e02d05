// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_UNHANDLED_P_H
#define QTPREFORK_QML_UNHANDLED_P_H

#include "place_p.h"

namespace Prefork::Qml {

/// Reports an error that nobody has handled, by a warning with the line of the call, and by Client::unhandledError() if
/// @p client still lives. Errors of code Canceled are not reported. @p what says what has happened, such as `the
/// call of 'x' failed`. If the line is not known, the warning names that of @p element.
void reportUnhandled(QJSEngine *engine, QObject *client, const QJSValue &error, const Place &place, const QString &what,
                     const QObject *element = nullptr);

}

#endif
