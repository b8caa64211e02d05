// SPDX-License-Identifier: MIT
#include "demowindow.h"

#include <QtCore/QTimer>
#include <QtGui/QGuiApplication>
#include <QtQml/QQmlEngine>

namespace Demo {

DemoWindow::DemoWindow()
{
    setResizeMode(SizeRootObjectToView);
    setMinimumSize({360, 360});
    engine()->addImportPath(QStringLiteral("qrc:/qt/qml"));
    connect(engine(), &QQmlEngine::quit, QCoreApplication::instance(), &QCoreApplication::quit);
}

DemoWindow::~DemoWindow()
{
    setSource({});
    if (isVisible())
        static_cast<void>(grabWindow()); // a frame without images, in which the scene graph lets go of their textures
}

void DemoWindow::run(const WindowOptions &options)
{
    resize(options.size);
    show();
    if (!options.screenshot.isEmpty()) {
        QTimer::singleShot(std::chrono::milliseconds(qint64(options.after * 1000)), this,
                           [this, file = options.screenshot] { QCoreApplication::exit(save(file) ? 0 : 1); });
    }
}

bool DemoWindow::save(const QString &file)
{
    const QImage picture = grabWindow();
    if (!picture.isNull() && picture.save(file, "PNG"))
        return true;
    qWarning("The picture of the window could not be saved as %s", qUtf8Printable(file));
    return false;
}

}
