// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_IMAGEDESK_P_H
#define QTPREFORK_QML_IMAGEDESK_P_H

#include <QtCore/QHash>
#include <QtCore/QMutex>
#include <QtCore/QSize>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <memory>

namespace Prefork::Qml {

class PendingImage;
class ImageServer;

/// What the thread that wants images and the thread of the client have in common. Whatever comes first, the answer, the
/// end of the client or that of the response, takes the request off the desk; so each is answered once at most, and
/// nobody tells a response that has gone. Any thread may use it.
class ImageDesk : public std::enable_shared_from_this<ImageDesk>
{
public:
    using Request = quint64;

    /// Puts a request on the desk. It is answered at once if there is no server.
    [[nodiscard]] Request ask(PendingImage *response, const QString &id, const QSize &size);
    /// The image is not wanted any more; the response is answered nevertheless.
    void cancel(Request request);
    /// The response has gone.
    void forget(Request request);
    /// @p result is a QImage, encoded bytes, or anything else, which is an error.
    void answer(Request request, const QVariant &result, const QString &error);

    /// In the thread of the server. False if there is another one.
    [[nodiscard]] bool open(ImageServer *server);
    void close(const ImageServer *server);

private:
    void answerLocked(Request request, const QVariant &result, const QString &error);

    QMutex m_mutex;
    ImageServer *m_server = nullptr;
    Request m_last = 0;
    QHash<Request, PendingImage *> m_responses;
};

}

#endif
