// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_EMBEDDED_H
#define AUTOTESTS_EMBEDDED_H

#include "helpers/processes.h"

#include <QtPrefork/Interface>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <QtTest/QTest>

#include <csignal>
#include <unistd.h>

namespace Test {

inline Prefork::Zygote *theZygote = nullptr;

/// The zygote of this test program, made before its QCoreApplication.
[[nodiscard]] inline Prefork::Zygote *zygote()
{
    return theZygote;
}

/// One that is asleep would keep our standard output open.
inline void killWorkersOf(qint64 zygotePid)
{
    for (const qint64 worker : childrenOf(zygotePid))
        ::kill(pid_t(worker), SIGKILL);
}

/// Does what main() does: the zygote, the application, the tests. A worker that a test leaves sleeping is killed soon,
/// for until then whoever reads the test's output waits for it.
template <class TestClass>
int runWithZygote(int argc, char *argv[], void (*fillInterface)(Prefork::Interface &),
                  const Prefork::ZygoteOptions &options = {.hungTimeout = std::chrono::seconds(5)})
{
    Prefork::Interface interface;
    fillInterface(interface);
    Prefork::Zygote zygote(interface, options);
    if (!zygote.isValid()) {
        std::fprintf(stderr, "no zygote: %s\n", qPrintable(zygote.errorString()));
        return 1;
    }
    theZygote = &zygote;
    QCoreApplication app(argc, argv);
    TestClass test;
    const int result = QTest::qExec(&test, argc, argv);
    killWorkersOf(zygote.processId());
    return result;
}

/// Methods that many tests want: pid(), echo(x), count(), fail(text), sleep(ms), chatter(), which emits the event
/// "noise" for as long as it is wanted.
inline void addBasics(Prefork::Interface &interface)
{
    static qint64 calls = 0; // in each worker its own
    using Arguments = const QVariantList &;
    interface.add("pid", [](Arguments) { return ++calls, QVariant(qint64(::getpid())); });
    interface.add("echo", [](Arguments arguments) { return ++calls, arguments.value(0); });
    interface.add("count", [](Arguments) { return QVariant(++calls); });
    interface.add(
        "sleep", [](Arguments arguments) { return ++calls, ::usleep(arguments.value(0).toUInt() * 1000), QVariant(); });
    interface.add("fail", [](Arguments arguments) -> QVariant {
        ++calls;
        throw Prefork::Error(arguments.value(0).toString());
    });
    interface.add("chatter", [](Arguments) {
        while (!Prefork::Worker::isCanceled())
            Prefork::Worker::emitEvent(QStringLiteral("noise"));
        return QVariant();
    });
}

}

/// main() of a test that has Test::zygote(). @p fillInterface is a `void(Prefork::Interface &)` and runs first of all.
#define PREFORK_TEST_MAIN(TestClass, ...)                                                                              \
    int main(int argc, char *argv[])                                                                                   \
    {                                                                                                                  \
        return Test::runWithZygote<TestClass>(argc, argv, __VA_ARGS__);                                                \
    }

#endif
