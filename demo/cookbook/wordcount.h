// SPDX-License-Identifier: MIT
// The interface that server and clients share.
#ifndef COOKBOOK_WORDCOUNT_H
#define COOKBOOK_WORDCOUNT_H

#include <QtPrefork/Interface>

#include <QtCore/QMap>

namespace WordCount {

inline constexpr Prefork::Method<int(QString)> words{"words"};
inline constexpr Prefork::Method<QMap<QString, int>(QString)> frequencies{"frequencies"};

/// Adds the methods to @p interface.
void addTo(Prefork::Interface &interface);

}

#endif
