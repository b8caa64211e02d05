// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_UNHANDLED_P_H
#define QTPREFORK_QML_UNHANDLED_P_H

#include "place_p.h"

namespace Prefork::Qml {

/// Tells of an error that nobody has handled: a warning with the line of the call, and Client::unhandledError() if
/// @p client still lives. Those of code Canceled are not worth a word.
/// @p what has happened: `the call of 'x' failed`. If the line is not known, it is that of @p element.
void reportUnhandled(QJSEngine *engine, QObject *client, const QJSValue &error, const Place &place, const QString &what,
                     const QObject *element = nullptr);

}

#endif
