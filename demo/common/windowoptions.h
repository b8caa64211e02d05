// SPDX-License-Identifier: MIT
#ifndef DEMO_WINDOWOPTIONS_H
#define DEMO_WINDOWOPTIONS_H

#include <QtCore/QCommandLineParser>
#include <QtCore/QSize>

namespace Demo {

/// Has the options of a demo with a window: how the window looks, and the picture that is saved of it.
struct WindowOptions
{
    QString screenshot; ///< the file to save; empty for none
    double after = 5; ///< seconds
    QSize size{1280, 800};
    bool dark = false;

    /// Adds the options to a parser.
    static void addTo(QCommandLineParser &parser);
    /// Reads them from a parser that has parsed, and returns what is wrong with them; an empty text if nothing is.
    [[nodiscard]] QString read(const QCommandLineParser &parser);
    /// Returns the lines about them for --help.
    [[nodiscard]] static QString helpText();
    /// Chooses Qt's platform "offscreen" if there is no display, and a picture is to be saved. Call this before there
    /// is an application.
    void findPlatform() const;
};

/// Returns the arguments of main() as they were given, for programs that parse them before there is an application.
[[nodiscard]] QStringList argumentsFrom(int argc, char *argv[]);

}

#endif
