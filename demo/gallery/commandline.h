// SPDX-License-Identifier: MIT
#ifndef GALLERY_COMMANDLINE_H
#define GALLERY_COMMANDLINE_H

#include "common/windowoptions.h"

/// Has the arguments with which the gallery was started.
struct CommandLine
{
    QString folder; ///< empty for the samples
    Demo::WindowOptions window;
    bool chaos = false;
    bool help = false;
    QString error; ///< what is wrong with the arguments; empty if nothing is

    [[nodiscard]] static CommandLine parse(const QStringList &arguments);
    [[nodiscard]] static QString helpText();
};

#endif
