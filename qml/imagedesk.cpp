// SPDX-License-Identifier: MIT
#include "imagedesk_p.h"

#include "imageprovider_p.h"
#include "imageserver_p.h"

namespace Prefork::Qml {

ImageDesk::Request ImageDesk::ask(PendingImage *response, const QString &id, const QSize &size)
{
    const QMutexLocker locker(&m_mutex);
    const Request request = ++m_last;
    m_responses.insert(request, response);
    if (!m_server)
        answerLocked(request, {}, QStringLiteral("no Client has images: true"));
    else
        QMetaObject::invokeMethod(
            m_server, [server = m_server, request, id, size] { server->begin(request, id, size); },
            Qt::QueuedConnection);
    return request;
}

void ImageDesk::cancel(Request request)
{
    const QMutexLocker locker(&m_mutex);
    if (m_server)
        QMetaObject::invokeMethod(
            m_server, [server = m_server, request] { server->cancel(request); }, Qt::QueuedConnection);
    answerLocked(request, {}, QStringLiteral("the image is not wanted any more"));
}

void ImageDesk::forget(Request request)
{
    const QMutexLocker locker(&m_mutex);
    if (m_responses.remove(request) && m_server)
        QMetaObject::invokeMethod(
            m_server, [server = m_server, request] { server->cancel(request); }, Qt::QueuedConnection);
}

void ImageDesk::answer(Request request, const QVariant &result, const QString &error)
{
    const QMutexLocker locker(&m_mutex);
    answerLocked(request, result, error);
}

// A response takes the answer in its own thread. It cannot go before that is posted, because its destructor removes its
// request.
void ImageDesk::answerLocked(Request request, const QVariant &result, const QString &error)
{
    if (PendingImage *const response = m_responses.take(request))
        QMetaObject::invokeMethod(
            response, [response, result, error] { response->take(result, error); }, Qt::QueuedConnection);
}

bool ImageDesk::open(ImageServer *server)
{
    const QMutexLocker locker(&m_mutex);
    if (m_server && m_server != server)
        return false;
    m_server = server;
    return true;
}

void ImageDesk::close(const ImageServer *server)
{
    const QMutexLocker locker(&m_mutex);
    if (m_server != server)
        return;
    m_server = nullptr;
    const QList<Request> requests = m_responses.keys();
    for (const Request request : requests)
        answerLocked(request, {}, QStringLiteral("the Client that serves images has gone"));
}

}
