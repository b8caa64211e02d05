// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_TOSCRIPT_P_H
#define QTPREFORK_QML_TOSCRIPT_P_H

#include <QtCore/QVariant>
#include <QtQml/QJSValue>

QT_BEGIN_NAMESPACE
class QJSEngine;
QT_END_NAMESPACE

namespace Prefork::Qml {

/// Converts a value of C++ for JavaScript; docs/qml.md has the table. Integers that a number of JavaScript would round
/// become texts, lists become real arrays, and a value that has no form in JavaScript is an opaque value.
[[nodiscard]] QJSValue toScript(QJSEngine *engine, const QVariant &value);

}

#endif
