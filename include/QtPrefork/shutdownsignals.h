// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SHUTDOWNSIGNALS_H
#define QTPREFORK_SHUTDOWNSIGNALS_H

#include <QtPrefork/global.h>

#include <QtCore/QObject>

#include <memory>

namespace Prefork {

class ShutdownSignalsPrivate;

/// Makes SIGINT and SIGTERM quit the application gracefully: the Servers of the process shut down (Server::shutDown()),
/// and when they have finished QCoreApplication::exec() returns and destructors run. A second signal kills what workers
/// are left, so that this is soon. A third has its default effect. Make one, after QCoreApplication; the handlers
/// before are put back when it is destroyed. A second instance at the same time does nothing.
///
/// **Threads.** Make and destroy it in the thread of the QCoreApplication, where its signal is emitted; nobody checks
/// that. The Servers may live in other threads only as far as their own rules let them.
class QTPREFORK_EXPORT ShutdownSignals : public QObject
{
    Q_OBJECT

public:
    explicit ShutdownSignals(QObject *parent = nullptr);
    ~ShutdownSignals() override;

Q_SIGNALS:
    /// Before the application is told to quit.
    void requested(int signal);

private:
    std::unique_ptr<ShutdownSignalsPrivate> d;
};

}

#endif
