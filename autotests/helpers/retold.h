// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_RETOLD_H
#define AUTOTESTS_RETOLD_H

#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>
#include <QtPrefork/ShutdownSignals>

#include <QtCore/QTemporaryDir>

#include <cstring>

/// Tests that run twice: on workers of a server process at a unix socket, which is the test program itself, run again
/// with `--serve ADDRESS`, and on workers of the test program's own zygote.
namespace Test {

/// The base of such a test. Its class has a slot `void initTestCase_data() { addPlaces(); }`.
class InBothPlaces : public QObject
{
protected:
    static void addPlaces()
    {
        QTest::addColumn<bool>("isServed");
        QTest::newRow("server process") << true;
        QTest::newRow("embedded") << false;
    }
    /// A client of workers that have served nobody yet; without a server, one that fails and says why.
    [[nodiscard]] std::unique_ptr<Prefork::Client> makeClient(const Prefork::ClientOptions &options = {})
    {
        QFETCH_GLOBAL(bool, isServed);
        if (!isServed)
            return std::make_unique<Prefork::Client>(zygote(), options);
        const QString address = QStringLiteral("unix:") + m_directory.filePath(QStringLiteral("socket"));
        if (!m_server.isRunning()
            && !m_server.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--serve"), address}))
            qWarning().noquote() << m_server.errorString();
        return std::make_unique<Prefork::Client>(m_server.address(), options);
    }

private:
    QTemporaryDir m_directory;
    ServerProcess m_server;
};

inline int serve(int argc, char *argv[], const Prefork::Interface &interface, const Prefork::ZygoteOptions &options)
{
    Prefork::Zygote zygote(interface, options);
    QCoreApplication app(argc, argv);
    Prefork::ShutdownSignals signalWatch;
    Prefork::Server server(&zygote);
    if (!server.listen(QString::fromLocal8Bit(argv[2]))) {
        std::fprintf(stderr, "%s\n", qPrintable(server.errorString()));
        return 1;
    }
    std::printf("listening on %s\n", qPrintable(server.address().toString()));
    std::fflush(stdout);
    return QCoreApplication::exec();
}

template <class TestClass>
int runInBothPlaces(int argc, char *argv[], void (*fillInterface)(Prefork::Interface &),
                    const Prefork::ZygoteOptions &options = {})
{
    if (argc != 3 || std::strcmp(argv[1], "--serve") != 0)
        return runWithZygote<TestClass>(argc, argv, fillInterface, options);
    Prefork::Interface interface;
    fillInterface(interface);
    return serve(argc, argv, interface, options);
}

}

/// main() of a test of Test::InBothPlaces. @p fillInterface is a `void(Prefork::Interface &)` and runs first of all.
#define PREFORK_RETOLD_MAIN(TestClass, ...)                                                                            \
    int main(int argc, char *argv[])                                                                                   \
    {                                                                                                                  \
        return Test::runInBothPlaces<TestClass>(argc, argv, __VA_ARGS__);                                              \
    }

#endif
