// SPDX-License-Identifier: MIT
#include "imageprovider_p.h"

// This header lets results that are images, colours, fonts or vectors cross in every program with the module.
#include <QtPrefork/GuiTypes>

#include <QtQml/QQmlEngine>

namespace Prefork::Qml {

PendingImage::PendingImage(const std::shared_ptr<ImageDesk> &desk, const QString &id, const QSize &size)
    : m_desk(desk)
    , m_id(id)
    , m_request(desk->ask(this, id, size))
{
}

PendingImage::~PendingImage()
{
    m_desk->forget(m_request);
}

QQuickTextureFactory *PendingImage::textureFactory() const
{
    return QQuickTextureFactory::textureFactoryForImage(m_image);
}

void PendingImage::cancel()
{
    m_desk->cancel(m_request);
}

// Encoded bytes are decoded here, because this is the thread that loads images.
void PendingImage::take(const QVariant &result, const QString &error)
{
    m_error = error;
    if (result.metaType() == QMetaType::fromType<QImage>())
        m_image = result.value<QImage>();
    else if (result.typeId() == QMetaType::QByteArray)
        m_image = QImage::fromData(result.toByteArray());
    if (m_error.isEmpty() && m_image.isNull())
        m_error = QStringLiteral("%1: the result is no image").arg(m_id);
    Q_EMIT finished();
}

std::shared_ptr<ImageDesk> ImageProvider::deskOf(QQmlEngine *engine)
{
    const QString name = QStringLiteral("prefork");
    auto *provider = qobject_cast<ImageProvider *>(engine->imageProvider(name));
    if (!provider) {
        provider = new ImageProvider;
        engine->addImageProvider(name, provider);
    }
    return provider->m_desk;
}

QQuickImageResponse *ImageProvider::requestImageResponse(const QString &id, const QSize &requestedSize)
{
    return new PendingImage(m_desk, id, requestedSize);
}

}
