// SPDX-License-Identifier: MIT
#include "ours.h"

#include <QtPrefork/Frame>

#include <unistd.h>

namespace Bench {

Prefork::Interface makeInterface()
{
    Prefork::Interface interface;
    interface.add(echo, [](const QString &text) { return text; });
    interface.add(echoBytes, [](const QByteArray &bytes) { return bytes; });
    interface.add(workerPid, [] { return qint64(::getpid()); });
    interface.add(compute, [](qint64 microseconds) {
        const auto end = Clock::now() + std::chrono::microseconds(microseconds);
        while (Clock::now() < end) { }
    });
    interface.add(sleepSeconds, [](qint64 seconds) { ::sleep(unsigned(seconds)); });
    return interface;
}

Program::Program(const Context &context, const Prefork::ZygoteOptions &options)
    : m_interface(makeInterface())
    , m_zygote(m_interface, options)
    , m_app(context.argc, context.argv)
{
    if (!m_zygote.isValid())
        fail(m_zygote.errorString());
    Prefork::setUnhandledErrorHandler([](const Prefork::Error &error) { fail(error.message()); });
}

void Program::exec()
{
    QCoreApplication::exec();
    Prefork::setUnhandledErrorHandler([](const Prefork::Error &) { });
}

Prefork::ClientOptions workers(int count)
{
    return {.minWorkers = count, .maxWorkers = count};
}

}
