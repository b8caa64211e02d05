// SPDX-License-Identifier: MIT
#include "callcommand.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QLoggingCategory>

#include <cstdio>
#include <filesystem>

namespace {

const char Help[] = "Usage: prefork COMMAND ...\n"
                    "\n"
                    "Commands:\n"
                    "  call [OPTIONS] ADDRESS METHOD [ARG...]   call one method of a worker and print its result\n"
                    "\n"
                    "'prefork COMMAND --help' tells more; 'prefork --version' the version.\n";

}

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("prefork"));
    // A person at a terminal is told that the call waits. For a script the error at the end says so.
    std::error_code ignored;
    if (!std::filesystem::is_character_file("/dev/stderr", ignored))
        QLoggingCategory::setFilterRules(QStringLiteral("prefork.client.outage=false"));
    const QStringList arguments = QCoreApplication::arguments().sliced(1);
    const QString command = arguments.value(0);
    if (command == QStringLiteral("call"))
        return Tools::runCall(arguments);
    if (command == QStringLiteral("--help") || command == QStringLiteral("-h")) {
        std::fputs(Help, stdout);
        return Tools::Success;
    }
    if (command == QStringLiteral("--version")) {
        std::puts("prefork " QTPREFORK_VERSION);
        return Tools::Success;
    }
    if (!command.isEmpty())
        std::fprintf(stderr, "prefork: unknown command '%s'\n", qPrintable(command));
    std::fputs(Help, stderr);
    return Tools::Usage;
}
