// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_QML_METHODS_H
#define AUTOTESTS_QML_METHODS_H

#include <QtPrefork/Interface>

namespace Test {

/// What the workers of the QML tests can do; the table of their methods stands in methods.cpp.
void fillInterface(Prefork::Interface &interface);

}

#endif
