// SPDX-License-Identifier: MIT
#ifndef GALLERY_POOL_H
#define GALLERY_POOL_H

#include <QtPrefork/Client>
#include <QtPrefork/Zygote>

#include <QtCore/QObject>

/// The client of the gallery's zygote. The number of a client's workers is fixed, so another number makes another
/// client; whoever uses it hears of that, and asks the new one for what the old one has not finished.
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
    /// The old client lives on until its workers have gone.
    void clientChanged(Prefork::Client *client);

private:
    [[nodiscard]] Prefork::Client *makeClient();

    Prefork::Zygote *m_zygote;
    int m_workers;
    Prefork::Client *m_client;
};

#endif
