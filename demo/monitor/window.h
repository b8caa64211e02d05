// SPDX-License-Identifier: MIT
#ifndef MONITOR_WINDOW_H
#define MONITOR_WINDOW_H

#include "common/demowindow.h"
#include "monitor.h"

/// The window of a monitor, which must outlive it.
class Window : public Demo::DemoWindow
{
    Q_OBJECT

public:
    explicit Window(Monitor *monitor);
};

#endif
