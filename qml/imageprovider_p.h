// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_IMAGEPROVIDER_P_H
#define QTPREFORK_QML_IMAGEPROVIDER_P_H

#include "imagedesk_p.h"

#include <QtGui/QImage>
#include <QtQuick/QQuickAsyncImageProvider>

namespace Prefork::Qml {

/// This is an image that was asked for. It lives in the thread that asked for it, emits finished() there once, and is
/// deleted there by Qt.
class PendingImage final : public QQuickImageResponse
{
    Q_OBJECT

public:
    PendingImage(const std::shared_ptr<ImageDesk> &desk, const QString &id, const QSize &size);
    ~PendingImage() override;

    [[nodiscard]] QQuickTextureFactory *textureFactory() const override;
    [[nodiscard]] QString errorString() const override { return m_error; }
    void cancel() override;

    /// Takes the answer; this is called in the thread of the response.
    void take(const QVariant &result, const QString &error);

private:
    const std::shared_ptr<ImageDesk> m_desk;
    const QString m_id;
    ImageDesk::Request m_request = 0;
    QImage m_image;
    QString m_error;
};

/// Provides the images of `image://prefork`.
class ImageProvider final : public QQuickAsyncImageProvider
{
    Q_OBJECT

public:
    /// Returns the desk of the provider of @p engine. The provider is made when this is called for the first time.
    [[nodiscard]] static std::shared_ptr<ImageDesk> deskOf(QQmlEngine *engine);

    QQuickImageResponse *requestImageResponse(const QString &id, const QSize &requestedSize) override;

private:
    const std::shared_ptr<ImageDesk> m_desk = std::make_shared<ImageDesk>();
};

}

#endif
