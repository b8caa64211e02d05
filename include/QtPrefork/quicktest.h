// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QUICKTEST_H
#define QTPREFORK_QUICKTEST_H

#if !__has_include(<QtQuickTest/quicktest.h>)
#error "<QtPrefork/QuickTest> needs Qt Quick Test: find_package(Qt6 COMPONENTS QuickTest), link with Qt6::QuickTest"
#endif

#include <QtPrefork/testmain.h>

#include <QtQuickTest/quicktest.h>

/// Makes the main() function of a Quick Test that calls workers. It is like QUICK_TEST_MAIN, but it makes a zygote
/// before the application, because a zygote cannot be made later. The first argument is the name of the test. The
/// second is a function `void(Prefork::Interface &)`, which adds the methods. After it there may be ZygoteOptions, such
/// as `{.name = "test"}`. A `Client` of the module `Prefork` finds the zygote by itself:
///
///     QTPREFORK_QUICK_TEST_MAIN(scanner, Scanner::fillInterface)
///
/// As with QUICK_TEST_MAIN, the files tst_*.qml are taken from QUICK_TEST_SOURCE_DIR. The program must be linked with
/// QtPrefork::Qml if this library is static.
#define QTPREFORK_QUICK_TEST_MAIN(name, ...)                                                                           \
    int main(int argc, char *argv[])                                                                                   \
    {                                                                                                                  \
        Prefork::detail::makeTestZygote(__VA_ARGS__);                                                                  \
        QTEST_SET_MAIN_SOURCE_PATH                                                                                     \
        return quick_test_main(argc, argv, #name, QUICK_TEST_SOURCE_DIR);                                              \
    }

#endif
