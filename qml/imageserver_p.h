// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_IMAGESERVER_P_H
#define QTPREFORK_QML_IMAGESERVER_P_H

#include "imagedesk_p.h"

#include <QtPrefork/call.h>

#include <QtCore/QObject>

namespace Prefork::Qml {

class QmlClient;

/// Has the workers of a Client make the images that `image://prefork/METHOD/ARGUMENT` names. It lives in the thread of
/// the client.
class ImageServer : public QObject
{
    Q_OBJECT

public:
    explicit ImageServer(QmlClient *client);
    ~ImageServer() override;

    /// Serves the engine of the client from now on. Warns if another Client serves it already.
    void open();
    void close();

    void begin(ImageDesk::Request request, const QString &id, const QSize &size);
    void cancel(ImageDesk::Request request);

private:
    QmlClient *const m_client;
    std::shared_ptr<ImageDesk> m_desk;
    QHash<ImageDesk::Request, Prefork::Call> m_calls;
};

}

#endif
