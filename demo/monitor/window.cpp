// SPDX-License-Identifier: MIT
#include "window.h"

Window::Window(Monitor *monitor)
{
    setTitle(QStringLiteral("Prefork Monitor – %1").arg(monitor->address()));
    setInitialProperties({{QStringLiteral("monitor"), QVariant::fromValue(monitor)}});
    setSource(QUrl(QStringLiteral("qrc:/qt/qml/Monitor/Main.qml")));
}
