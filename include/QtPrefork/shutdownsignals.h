// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SHUTDOWNSIGNALS_H
#define QTPREFORK_SHUTDOWNSIGNALS_H

#include <QtPrefork/global.h>

#include <QtCore/QObject>

#include <memory>

namespace Prefork {

class ShutdownSignalsPrivate;

/// Makes SIGINT and SIGTERM end the application gracefully. At the first signal, the Servers of the process shut down
/// (Server::shutdown()). When they have finished, QCoreApplication::exec() returns, and destructors run. A second
/// signal kills the workers that are left, so that the shutdown ends soon. A third signal has its default effect.
///
/// Make one object, after QCoreApplication. Its destructor restores the signal handlers that were there before. A
/// second object at the same time does nothing.
///
/// **Threads.** Make and destroy it in the thread of the QCoreApplication, where its signal is emitted. This is not
/// checked. Servers may live in other threads only if their own rules allow it.
class QTPREFORK_EXPORT ShutdownSignals : public QObject
{
    Q_OBJECT

public:
    /// Starts to handle the signals.
    explicit ShutdownSignals(QObject *parent = nullptr);
    /// Restores the previous signal handlers.
    ~ShutdownSignals() override;

Q_SIGNALS:
    /// This signal is emitted when a @p signal has arrived, before the application is told to quit.
    void requested(int signal);

private:
    std::unique_ptr<ShutdownSignalsPrivate> d;
};

}

#endif
