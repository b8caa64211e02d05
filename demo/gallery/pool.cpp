// SPDX-License-Identifier: MIT
#include "pool.h"

#include <QtCore/QThread>

#include <algorithm>

using namespace Prefork;
using namespace std::chrono_literals;

Pool::Pool(Zygote *zygote, QObject *parent)
    : QObject(parent)
    , m_zygote(zygote)
    , m_workers(std::clamp(QThread::idealThreadCount(), 4, 8))
    , m_client(makeClient())
{
}

Client *Pool::makeClient()
{
    return new Client(m_zygote,
                      {
                          .name = "gallery",
                          .minWorkers = m_workers,
                          .maxWorkers = m_workers,
                          .cancelGrace = 500ms,
                          .reuseAfterError = true, // a picture that cannot be read is no fault of its worker
                          .oneShotDepth = 1, // a worker that dies takes one picture with it
                      },
                      this);
}

void Pool::setWorkers(int count)
{
    count = std::clamp(count, 1, MaxWorkers);
    if (count == m_workers)
        return;
    m_workers = count;
    Client *const old = std::exchange(m_client, makeClient());
    Q_EMIT clientChanged(m_client);
    connect(old, &Client::closed, old, &QObject::deleteLater);
    old->close(1s);
}
