// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_READOPTIONS_P_H
#define QTPREFORK_QML_READOPTIONS_P_H

#include <QtCore/QPointer>
#include <QtCore/QString>
#include <QtQml/QJSValue>

#include <chrono>
#include <functional>
#include <optional>

QT_BEGIN_NAMESPACE
class QJSEngine;
QT_END_NAMESPACE

namespace Prefork::Qml {

/// A function of this type takes one option, and returns what is wrong with it.
using TakeOption = std::function<QString(const QString &name, const QJSValue &value)>;

/// Reads the last parameter of a function, which is undefined, null, an owner, or a plain object of options. The owner,
/// or the option `owner`, is written to @p owner. All other options are given to @p take. Returns the first problem.
[[nodiscard]] QString readOwnerOrOptions(QJSEngine *engine, const QJSValue &last, QPointer<QObject> *owner,
                                         const TakeOption &take);

/// These functions read the value of an option, and return what is wrong with it. If the value is undefined or null,
/// @p out stays as it is.
[[nodiscard]] QString readInteger(QJSEngine *engine, const QString &name, const QJSValue &value,
                                  std::optional<int> *out);
[[nodiscard]] QString readTime(QJSEngine *engine, const QString &name, const QJSValue &value,
                               std::optional<std::chrono::milliseconds> *out);
[[nodiscard]] QString noSuchOption(const QString &name);

}

#endif
