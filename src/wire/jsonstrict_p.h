// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONSTRICT_P_H
#define QTPREFORK_JSONSTRICT_P_H

#include <QtCore/QByteArrayView>
#include <QtCore/QString>

#include <optional>

namespace Prefork::Wire {

/// What QJsonDocument lets pass although RFC 8259 does not: numbers such as `01` or `.5`, raw control characters and unknown escapes in
/// strings, and escaped surrogates without their partner. @p text is something QJsonDocument accepted. Nothing, or what is wrong.
[[nodiscard]] std::optional<QString> strictnessError(QByteArrayView text);

}

#endif
