// SPDX-License-Identifier: MIT
#ifndef MONITOR_COMMANDLINE_H
#define MONITOR_COMMANDLINE_H

#include "common/windowoptions.h"

#include <QtPrefork/Address>
#include <QtPrefork/Protocol>

/// Has the arguments with which the monitor was started.
struct CommandLine
{
    Prefork::Address address;
    QString method; ///< what to call from the beginning; empty for nothing
    QString arguments; ///< its arguments
    int atATime = 4;
    Prefork::Protocol protocol = Prefork::defaultProtocol();
    Demo::WindowOptions window;
    bool help = false;
    bool version = false;
    QString error; ///< what is wrong with the arguments, and what helps; empty if nothing is

    [[nodiscard]] static CommandLine parse(const QStringList &arguments);
    [[nodiscard]] static QString helpText();
};

#endif
