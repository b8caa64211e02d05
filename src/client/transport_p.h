// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TRANSPORT_P_H
#define QTPREFORK_TRANSPORT_P_H

#include "client/stream_p.h"
#include "posix/descriptor_p.h"

#include <QtPrefork/address.h>
#include <QtPrefork/peerpolicy.h>

#include <memory>
#include <optional>

namespace Prefork::Internal {

class ZygoteChannel;

/// Makes streams to workers: to those of a server on a unix socket or on TCP, or to workers of the program's own
/// zygote. Connections owns one and hears of the outcome by its signals; connectWorker() may emit them before it
/// returns.
class Transport : public QObject
{
    Q_OBJECT

public:
    [[nodiscard]] static std::unique_ptr<Transport> make(const Address &address, const PeerPolicy &servers);
    [[nodiscard]] static std::unique_ptr<Transport> make(const std::shared_ptr<ZygoteChannel> &channel);

    virtual void connectWorker(quint64 worker) = 0;
    /// Drops an attempt to connect the worker, or what is known of the connected worker.
    virtual void forget(quint64 worker) = 0;
    /// Registers with another event dispatcher than before.
    virtual void reattach() { }
    /// Returns whether connectWorker() emits the outcome before it returns, even without an event dispatcher.
    [[nodiscard]] virtual bool connectsAtOnce() const { return true; }
    /// Handles the events that have come meanwhile. It is for callers without an event dispatcher.
    virtual void poll() { }
    /// Workers that are asked for from now on shall not be old ones that wait somewhere.
    virtual void renew() { }
    /// Returns whether causeOfDeath() will be known soon after a connection has ended; deathExplained() is emitted
    /// then.
    [[nodiscard]] virtual bool explainsDeaths() const { return false; }
    [[nodiscard]] virtual std::optional<QString> causeOfDeath(quint64 worker) const;
    /// Returns whether it is known that the worker was never forked, so that nothing that was written to it was ever
    /// read.
    [[nodiscard]] virtual bool wasNeverThere(quint64) const { return false; }

    /// Returns the process id of a worker; 0 if it is not known.
    [[nodiscard]] virtual qint64 processIdOf(quint64) const { return 0; }

Q_SIGNALS:
    void connected(quint64 worker, const std::shared_ptr<Prefork::Internal::Stream> &stream);
    /// @p absence is not empty if there is no server: it is what time-outs of waiting calls then show.
    void failed(quint64 worker, const QString &cause, const QString &absence = {});
    void deathExplained(quint64 worker);
    /// No worker can ever be connected again.
    void exhausted(const QString &cause);

protected:
    /// Returns the text of @c absence for a server that does not exist.
    [[nodiscard]] static QString absenceOf(const Address &address, const QString &reason);
    /// Emits connected(), or failed() if @p descriptor is closed; then @p cause says why.
    void connectedOrFailed(quint64 worker, const Address &address, Posix::Fd descriptor, const QString &cause,
                           const QString &absence = {});
};

}

#endif
