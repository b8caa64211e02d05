// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_TOSCRIPT_P_H
#define QTPREFORK_QML_TOSCRIPT_P_H

#include <QtCore/QVariant>
#include <QtQml/QJSValue>

QT_BEGIN_NAMESPACE
class QJSEngine;
QT_END_NAMESPACE

namespace Prefork::Qml {

/// What C++ has sent, for JavaScript; docs/qml.md has the table. Integers that a number of JavaScript would round are
/// texts, lists are real arrays, and what JavaScript has no form for is an opaque value.
[[nodiscard]] QJSValue toScript(QJSEngine *engine, const QVariant &value);

}

#endif
