// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TESTMAIN_H
#define QTPREFORK_TESTMAIN_H

#include <QtPrefork/global.h>
#include <QtPrefork/waitfor.h>
#include <QtPrefork/zygote.h>

#if __has_include(<QtTest/QTest>)
#include <QtTest/QTest>
#endif

namespace Prefork::detail {

/// Makes the zygote of a test program, which is destroyed together with the application. Ends the program with exit
/// code 1 if the zygote is not valid.
QTPREFORK_EXPORT void makeTestZygote(void (*fillInterface)(Interface &), const ZygoteOptions &options = {});

/// Calls the function initMain() of @p TestClass if there is one, as QTEST_MAIN does.
template <class TestClass>
void initTestMain()
{
    if constexpr (requires { TestClass::initMain(); })
        TestClass::initMain();
}

}

/// Makes the main() function of an autotest that calls its workers. It is like QTEST_MAIN, but it makes a zygote before
/// the application, because a zygote cannot be made later. The second argument is a function
/// `void(Prefork::Interface &)`, which adds the methods. After it there may be ZygoteOptions, such as
/// `{.name = "test"}`. The tests get the zygote from Zygote::find():
///
///     class ScanTest : public QObject
///     {
///         Q_OBJECT
///     private Q_SLOTS:
///         void counts()
///         {
///             Prefork::Client client(Prefork::Zygote::find());
///             const QFuture<int> count = client.future(Scanner::scan, QStringList{"a", "b"});
///             QTPREFORK_VERIFY_FINISHED(count);
///             QCOMPARE(count.result(), 2);
///         }
///     };
///     QTPREFORK_TEST_MAIN(ScanTest, Scanner::fillInterface)
///
/// As with QTEST_MAIN, the application is a QApplication if the program links Qt Widgets, a QGuiApplication if it links
/// Qt Gui, and otherwise a QCoreApplication. `static void initMain()` of the test class runs before everything else.
/// The program needs Qt Test. Methods can also be tested in the process of the test: see InProcessWorker.
///
/// If a call has failed, result() of its future throws, and this would end the whole test program. Therefore use the
/// macro QTPREFORK_VERIFY_FINISHED(future) before result(). It waits for the future, 30 seconds at most. If the call
/// has failed or was canceled, it fails the test, as QVERIFY() does, with the text of the error.
#define QTPREFORK_VERIFY_FINISHED(future)                                                                              \
    do {                                                                                                               \
        const QString qtPreforkProblem = Prefork::detail::problemOf(QFuture<void>(future));                            \
        QVERIFY2(qtPreforkProblem.isEmpty(), qPrintable(qtPreforkProblem));                                            \
    } while (false)
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
