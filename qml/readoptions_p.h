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

/// Takes one option, and returns what is wrong with it.
using TakeOption = std::function<QString(const QString &name, const QJSValue &value)>;

/// Hands the options in a plain object of JavaScript to @p take. Returns the first problem.
[[nodiscard]] QString readOptions(QJSEngine *engine, const QJSValue &options, const TakeOption &take);

/// Each reads the value of an option, which stays as it is if that is undefined or null, and returns what is wrong with
/// it.
[[nodiscard]] QString readInteger(QJSEngine *engine, const QString &name, const QJSValue &value,
                                  std::optional<int> *out);
[[nodiscard]] QString readTime(QJSEngine *engine, const QString &name, const QJSValue &value,
                               std::optional<std::chrono::milliseconds> *out);
[[nodiscard]] QString readOwner(QJSEngine *engine, const QJSValue &value, QPointer<QObject> *out);
[[nodiscard]] QString noSuchOption(const QString &name);

}

#endif
