// SPDX-License-Identifier: MIT
// Thumbnails of a folder, decoded in worker processes, and a view of these: also of how they die and come back.
#include "commandline.h"
#include "window.h"

#include <QtPrefork/ShutdownSignals>

#include <QtGui/QGuiApplication>
#include <QtQuickControls2/QQuickStyle>

#include <cstdio>

int main(int argc, char *argv[])
{
    Prefork::Interface interface;
    Decoder::fillInterface(interface);
    Prefork::Zygote zygote(interface, Decoder::zygoteOptions()); // before all of Qt that runs threads
    const CommandLine line = CommandLine::parse(Demo::argumentsFrom(argc, argv));
    if (line.help) {
        std::fputs(qPrintable(CommandLine::helpText()), stdout);
        return 0;
    }
    if (!line.error.isEmpty()) {
        std::fprintf(stderr, "gallery: %s\n%s", qPrintable(line.error), qPrintable(CommandLine::helpText()));
        return 2;
    }
    line.window.findPlatform();

    QGuiApplication app(argc, argv);
    const Prefork::ShutdownSignals signalWatch; // Ctrl-C ends it
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Gallery"));
    QGuiApplication::setDesktopFileName(QStringLiteral("qtprefork-gallery"));
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    Gallery gallery(&zygote);
    gallery.setDark(line.window.dark);
    gallery.setChaotic(line.chaos);
    Window window(&gallery);
    window.run(line.window);
    if (line.folder.isEmpty())
        gallery.openSamples();
    else
        gallery.openPath(line.folder);
    return QGuiApplication::exec();
}
