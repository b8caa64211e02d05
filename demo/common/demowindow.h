// SPDX-License-Identifier: MIT
#ifndef DEMO_DEMOWINDOW_H
#define DEMO_DEMOWINDOW_H

#include "windowoptions.h"

#include <QtQuick/QQuickView>

namespace Demo {

/// The window of a demo: QML from the resources of the program, of which a picture may be saved.
class DemoWindow : public QQuickView
{
    Q_OBJECT

public:
    DemoWindow();
    ~DemoWindow() override;

    /// Shows the window. If a picture is to be saved, the application exits then, with code 0 if that worked.
    void run(const WindowOptions &options);
    /// Saves a picture of the window. False, with a warning, if that fails.
    bool save(const QString &file);
};

}

#endif
