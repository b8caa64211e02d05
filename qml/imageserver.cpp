// SPDX-License-Identifier: MIT
#include "imageserver_p.h"

#include "imageprovider_p.h"
#include "qmlclient_p.h"

#include <QtQml/QQmlEngine>
#include <QtQml/QQmlInfo>

namespace Prefork::Qml {

namespace {

// Many images are asked for at once. So without times of the user the wait in line has no limit, only the run has.
CallOptions optionsOf(const QmlClient &client)
{
    const ClientOptions options = client.options();
    if (options.timeout || options.runTimeout.count() > 0)
        return {};
    return {.runTimeout = std::chrono::seconds(30)};
}

}

ImageServer::ImageServer(QmlClient *client)
    : m_client(client)
{
}

ImageServer::~ImageServer()
{
    close();
}

void ImageServer::open()
{
    QQmlEngine *const engine = qmlEngine(m_client);
    if (!m_desk && engine)
        m_desk = ImageProvider::deskOf(engine);
    if (m_desk && m_desk->open(this))
        return;
    m_desk.reset();
    if (engine)
        qmlWarning(m_client) << "images: another Client of this engine serves image://prefork already";
}

void ImageServer::close()
{
    if (const auto desk = std::exchange(m_desk, nullptr))
        desk->close(this);
    const auto calls = std::exchange(m_calls, {});
    for (const Prefork::Call &call : calls)
        call.cancel();
}

// No percent sign stands for itself here, so it does not matter what Qt has decoded already.
void ImageServer::begin(ImageDesk::Request request, const QString &id, const QSize &size)
{
    if (!m_desk)
        return;
    const QString method = id.section(u'/', 0, 0);
    const QString argument = QUrl::fromPercentEncoding(id.section(u'/', 1).toUtf8());
    const auto end = [this, desk = m_desk, request](const QVariant &result, const QString &error) {
        m_calls.remove(request);
        desk->answer(request, result, error);
    };
    const Prefork::Call call
        = m_client->client()
              ->with(optionsOf(*m_client))
              .call(
                  method, {argument, size}, this, [end](const QVariant &result) { end(result, {}); },
                  [end, method](const Error &error) {
                      end({}, QStringLiteral("%1: %2").arg(method, error.printableMessage()));
                  });
    m_calls.insert(request, call);
}

void ImageServer::cancel(ImageDesk::Request request)
{
    m_calls.take(request).cancel();
}

}
