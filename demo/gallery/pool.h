// SPDX-License-Identifier: MIT
#ifndef GALLERY_POOL_H
#define GALLERY_POOL_H

#include <QtPrefork/Client>
#include <QtPrefork/Zygote>

#include <QtCore/QObject>

/// Has the client of the gallery's zygote. The number of workers of a client is fixed, so another number makes another
/// client. A signal tells the users of the client, which ask the new client for what the old one has not finished.
class Pool : public QObject
{
    Q_OBJECT

public:
    static constexpr int MaxWorkers = 16;

    explicit Pool(Prefork::Zygote *zygote, QObject *parent = nullptr);

    [[nodiscard]] Prefork::Client *client() const { return m_client; }
    [[nodiscard]] int workers() const { return m_workers; }
    void setWorkers(int count);

Q_SIGNALS:
    /// This signal is emitted when there is another client. The old one lives on until its workers have gone.
    void clientChanged(Prefork::Client *client);

private:
    [[nodiscard]] Prefork::Client *makeClient();

    Prefork::Zygote *m_zygote;
    int m_workers;
    Prefork::Client *m_client;
};

#endif
