// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TESTMAIN_H
#define QTPREFORK_TESTMAIN_H

#include <QtPrefork/global.h>
#include <QtPrefork/zygote.h>

#if __has_include(<QtTest/QTest>)
#include <QtTest/QTest>
#endif

namespace Prefork::detail {

/// Makes the zygote of a test program, which is destroyed with its application. Ends the program with exit code 1 if
/// the zygote is not valid.
QTPREFORK_EXPORT void makeTestZygote(void (*fillInterface)(Interface &), const ZygoteOptions &options = {});

/// Calls what QTEST_MAIN would call if @p TestClass has it.
template <class TestClass>
void initTestMain()
{
    if constexpr (requires { TestClass::initMain(); })
        TestClass::initMain();
}

}

/// main() of an autotest that calls its workers: as QTEST_MAIN, but it makes a zygote before the application, which
/// QTEST_MAIN makes too early. The second argument is a function `void(Prefork::Interface &)`, which adds the methods;
/// after it there may be ZygoteOptions, such as `{.name = "test"}`. The tests get the zygote by Zygote::find():
///
///     class ScanTest : public QObject
///     {
///         Q_OBJECT
///     private Q_SLOTS:
///         void counts()
///         {
///             Prefork::Client client(Prefork::Zygote::find());
///             const QFuture<int> count = client.future(Scanner::scan, QStringList{"a", "b"});
///             QVERIFY(Prefork::waitFor(count));
///             QCOMPARE(count.result(), 2);
///         }
///     };
///     QTPREFORK_TEST_MAIN(ScanTest, Scanner::fillInterface)
///
/// As with QTEST_MAIN, the application is a QApplication where Qt Widgets is linked, a QGuiApplication where Qt Gui is,
/// else a QCoreApplication, and `static void initMain()` of the test class runs first of all. The program needs Qt
/// Test. Methods can be tested in the test's own process too: see InProcessWorker.
#define QTPREFORK_TEST_MAIN(TestClass, ...)                                                                            \
    namespace {                                                                                                        \
    /* It has no meta-object of its own, so that Qt Test sees the test class and its name. */                          \
    struct QtPreforkTest final : TestClass                                                                             \
    {                                                                                                                  \
        static void initMain()                                                                                         \
        {                                                                                                              \
            Prefork::detail::initTestMain<TestClass>();                                                                \
            Prefork::detail::makeTestZygote(__VA_ARGS__);                                                              \
        }                                                                                                              \
    };                                                                                                                 \
    }                                                                                                                  \
    QTEST_MAIN(QtPreforkTest)

#endif
