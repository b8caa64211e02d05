// SPDX-License-Identifier: MIT
// Thumbnails of a folder, decoded in worker processes, and a view of these: also of how they die and come back.
#include "commandline.h"
#include "window.h"

#include <QtGui/QGuiApplication>
#include <QtQuickControls2/QQuickStyle>

#include <cstdio>

namespace {

// A picture can be saved where there is no display.
void findPlatform(const CommandLine &line)
{
    const bool hasDisplay = qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
    if (!line.screenshot.isEmpty() && !hasDisplay && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
}

QStringList argumentsFrom(int argc, char *argv[])
{
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments.append(QString::fromLocal8Bit(argv[i]));
    return arguments;
}

}

int main(int argc, char *argv[])
{
    Prefork::Interface interface;
    Decoder::fillInterface(interface);
    Prefork::Zygote zygote(interface, Decoder::zygoteOptions()); // before all of Qt that runs threads
    const CommandLine line = CommandLine::parse(argumentsFrom(argc, argv));
    if (line.help) {
        std::fputs(CommandLine::helpText(), stdout);
        return 0;
    }
    if (!line.error.isEmpty()) {
        std::fprintf(stderr, "gallery: %s\n%s", qPrintable(line.error), CommandLine::helpText());
        return 2;
    }
    findPlatform(line);

    QGuiApplication app(argc, argv);
    QGuiApplication::setApplicationDisplayName(QStringLiteral("Gallery"));
    QGuiApplication::setDesktopFileName(QStringLiteral("qtprefork-gallery"));
    QQuickStyle::setStyle(QStringLiteral("Basic"));
    Gallery gallery(&zygote);
    gallery.setDark(line.dark);
    gallery.setChaotic(line.chaos);
    Window window(&gallery);
    window.resize(line.size);
    window.show();
    if (line.folder.isEmpty())
        gallery.openSamples();
    else
        gallery.openPath(line.folder);
    if (!line.screenshot.isEmpty()) {
        QTimer::singleShot(std::chrono::milliseconds(qint64(line.after * 1000)), &window,
                           [&] { QGuiApplication::exit(window.save(line.screenshot) ? 0 : 1); });
    }
    return QGuiApplication::exec();
}
