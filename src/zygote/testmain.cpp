// SPDX-License-Identifier: MIT
#include <QtPrefork/testmain.h>

#include <QtCore/QCoreApplication>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace Prefork::detail {

namespace {

// The zygote lives until the application is destroyed, which happens after the test and its clients are destroyed.
std::unique_ptr<Zygote> &testZygote()
{
    static auto *const zygote = new std::unique_ptr<Zygote>;
    return *zygote;
}

}

void makeTestZygote(void (*fillInterface)(Interface &), const ZygoteOptions &options)
{
    Interface interface;
    fillInterface(interface);
    testZygote() = std::make_unique<Zygote>(interface, options);
    if (!testZygote()->isValid()) {
        std::fprintf(stderr, "no zygote for the test: %s\n", qPrintable(testZygote()->errorString()));
        std::exit(1); // NOLINT(concurrency-mt-unsafe): there is no other thread yet
    }
    qAddPostRoutine([] { testZygote().reset(); });
}

}
