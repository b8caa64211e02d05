// SPDX-License-Identifier: MIT
#include <QtPrefork/shutdownsignals.h>

#include "zygote/posix_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QSocketNotifier>

namespace Prefork {

class ShutdownSignalsPrivate
{
public:
    Posix::Fd pipe;
    std::unique_ptr<QSocketNotifier> notifier;
};

ShutdownSignals::ShutdownSignals(QObject *parent)
    : QObject(parent)
    , d(std::make_unique<ShutdownSignalsPrivate>())
{
    d->pipe = Posix::watchTermination();
    if (!d->pipe.isOpen())
        return;
    d->notifier = std::make_unique<QSocketNotifier>(d->pipe.get(), QSocketNotifier::Read);
    connect(d->notifier.get(), &QSocketNotifier::activated, this, [this] {
        char signal = 0;
        if (Posix::readSome(d->pipe.get(), {&signal, 1}).status != Posix::Transfer::Done)
            return;
        Q_EMIT
        requested(signal);
        QCoreApplication::quit();
    });
}

ShutdownSignals::~ShutdownSignals()
{
    if (d->pipe.isOpen())
        Posix::unwatchTermination();
}

}
