// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONVALUE_P_H
#define QTPREFORK_JSONVALUE_P_H

#include <QtCore/QJsonValue>
#include <QtCore/QVariant>

#include <optional>

namespace Prefork::Wire {

/// Turns @p value into JSON, or returns which part of it JSON cannot carry. Unlike QJsonValue::fromVariant() it never drops or rounds
/// anything silently.
[[nodiscard]] std::optional<QString> toJson(const QVariant &value, QJsonValue *json, int depth = 0);

}

#endif
