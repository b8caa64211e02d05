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

/// Holds the requests for images that the thread which loads images makes and the thread of the client answers. A
/// request is removed by whatever comes first: its answer, the end of the client, or the end of the response. So each
/// request is answered at most once, and no response is told after it has gone. Any thread may use this class.
class ImageDesk : public std::enable_shared_from_this<ImageDesk>
{
public:
    using Request = quint64;

    /// Adds a request. If there is no server, it is answered at once.
    [[nodiscard]] Request ask(PendingImage *response, const QString &id, const QSize &size);
    /// Cancels a request, because the image is not wanted any more. The response is answered nevertheless.
    void cancel(Request request);
    /// Removes the request of a response that has gone.
    void forget(Request request);
    /// Answers a request. @p result is a QImage or encoded bytes; anything else is an error.
    void answer(Request request, const QVariant &result, const QString &error);

    /// Sets the server of all requests; its thread must call this. Returns false if there is another server.
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
