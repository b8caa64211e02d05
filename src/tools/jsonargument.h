// SPDX-License-Identifier: MIT
#ifndef TOOLS_JSONARGUMENT_H
#define TOOLS_JSONARGUMENT_H

#include <QtCore/QString>
#include <QtCore/QVariant>

#include <optional>

namespace Tools {

/// Returns the value of @p text if it is JSON, otherwise the text itself. Integers are exact. If one does not fit 64
/// bits, @p problem says so, and nothing is returned.
[[nodiscard]] std::optional<QVariant> argumentFromText(const QString &text, QString *problem);

}

#endif
