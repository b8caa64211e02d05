// SPDX-License-Identifier: MIT
#ifndef GALLERY_COMMANDLINE_H
#define GALLERY_COMMANDLINE_H

#include <QtCore/QSize>
#include <QtCore/QStringList>

/// Has the arguments with which the gallery was started.
struct CommandLine
{
    QString folder; ///< empty for the samples
    QString screenshot; ///< the file to save; empty for none
    double after = 5; ///< seconds
    QSize size{1280, 800};
    bool dark = false;
    bool chaos = false;
    bool help = false;
    QString error; ///< what is wrong with the arguments; empty if nothing is

    [[nodiscard]] static CommandLine parse(const QStringList &arguments);
    [[nodiscard]] static const char *helpText();
};

#endif
