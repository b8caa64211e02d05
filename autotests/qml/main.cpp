// SPDX-License-Identifier: MIT
#include "methods.h"

#include <QtPrefork/QuickTest>

QTPREFORK_QUICK_TEST_MAIN(qml, Test::fillInterface, {.name = "quicktest"})
