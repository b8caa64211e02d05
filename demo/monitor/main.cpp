// SPDX-License-Identifier: MIT
// A window on any running server: calls a method in a loop, and shows the pool of workers that does it.
#include "commandline.h"
#include "window.h"

#include <QtPrefork/ShutdownSignals>

#include <QtGui/QGuiApplication>
#include <QtQuickControls2/QQuickStyle>

#include <cstdio>

int main(int argc, char *argv[])
{
    const CommandLine line = CommandLine::parse(Demo::argumentsFrom(argc, argv));
    if (line.help) {
        std::fputs(qPrintable(CommandLine::helpText()), stdout);
        return 0;
    }
    if (line.version) {
        std::puts("prefork-monitor " QTPREFORK_VERSION);
        return 0;
    }
    if (!line.error.isEmpty()) {
        std::fprintf(stderr, "prefork-monitor: %s\nTry 'prefork-monitor --help'.\n", qPrintable(line.error));
        return 2;
    }
    line.window.findPlatform();

    QGuiApplication app(argc, argv);
    const Prefork::ShutdownSignals signalWatch; // Ctrl-C ends it
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Prefork Monitor"));
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    Monitor monitor(line.address, line.protocol);
    monitor.setDark(line.window.dark);
    monitor.loop()->setMethod(line.method);
    monitor.loop()->setArguments(line.arguments);
    monitor.loop()->setAtATime(line.atATime);
    Window window(&monitor);
    window.run(line.window);
    if (!line.method.isEmpty())
        monitor.loop()->start();
    return QGuiApplication::exec();
}
