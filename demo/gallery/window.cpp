// SPDX-License-Identifier: MIT
#include "window.h"

#include <QtGui/QIcon>
#include <QtQml/QQmlEngine>
#include <QtQuick/QQuickImageProvider>

namespace {

// The images are there already, and sharing one costs nothing: so it needs no thread.
class Images : public QQuickImageProvider
{
public:
    explicit Images(Gallery *gallery)
        : QQuickImageProvider(Image)
        , m_gallery(gallery)
    {
    }

    QImage requestImage(const QString &id, QSize *size, const QSize &) override
    {
        QImage image = id.startsWith(u"full/") ? m_gallery->viewer()->image()
                                               : m_gallery->cache().find(id.section(u'/', 0, 0).toInt());
        if (image.isNull()) { // it was dropped just now, and its row is about to say so
            image = QImage(1, 1, QImage::Format_ARGB32_Premultiplied);
            image.fill(Qt::transparent);
        }
        *size = image.size();
        return image;
    }

private:
    Gallery *m_gallery;
};

}

Window::Window(Gallery *gallery)
{
    setTitle(QStringLiteral("Gallery"));
    setIcon(QIcon::fromTheme(QStringLiteral("qtprefork-gallery"),
                             QIcon(QStringLiteral(":/qt/qml/Gallery/qtprefork-gallery.svg"))));
    setResizeMode(SizeRootObjectToView);
    setMinimumSize({360, 360});
    engine()->addImageProvider(QStringLiteral("gallery"), new Images(gallery));
    engine()->addImportPath(QStringLiteral("qrc:/qt/qml"));
    setInitialProperties({{QStringLiteral("gallery"), QVariant::fromValue(gallery)}});
    setSource(QUrl(QStringLiteral("qrc:/qt/qml/Gallery/Main.qml")));
    gallery->frames()->setWindow(this);
}

Window::~Window()
{
    setSource({});
    if (isVisible())
        static_cast<void>(grabWindow()); // a frame without images, in which the scene graph lets go of their textures
}

bool Window::save(const QString &file)
{
    const QImage picture = grabWindow();
    if (!picture.isNull() && picture.save(file, "PNG"))
        return true;
    qWarning("The picture of the window could not be saved as %s", qUtf8Printable(file));
    return false;
}
