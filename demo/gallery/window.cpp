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
    engine()->addImageProvider(QStringLiteral("gallery"), new Images(gallery));
    setInitialProperties({{QStringLiteral("gallery"), QVariant::fromValue(gallery)}});
    setSource(QUrl(QStringLiteral("qrc:/qt/qml/Gallery/Main.qml")));
    gallery->frames()->setWindow(this);
}
