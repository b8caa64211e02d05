// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_UTC_P_H
#define QTPREFORK_UTC_P_H

#include <QtCore/QDateTime>
#include <QtCore/QTimeZone>

namespace Prefork::Wire {

/// This is what to pass to QDateTime for UTC: a QTimeZone since Qt 6.5, Qt::UTC before that.
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
inline constexpr QTimeZone::Initialization Utc = QTimeZone::UTC;
#else
inline constexpr Qt::TimeSpec Utc = Qt::UTC;
#endif

}

#endif
