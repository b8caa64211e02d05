// SPDX-License-Identifier: MIT
#ifndef TESTING_SCANNER_H
#define TESTING_SCANNER_H

#include <QtPrefork/Event>
#include <QtPrefork/Interface>

#include <QtCore/QStringList>

// [scanner]
namespace Scanner {

inline constexpr Prefork::Method<int(QStringList)> scan{"scan"};
inline constexpr Prefork::Event<QString> found{"found"};

void fillInterface(Prefork::Interface &interface);

}
// [scanner]

#endif
