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

/// Makes streams to workers, of one kind each. connectWorker() may answer before it returns.
class Transport : public QObject
{
    Q_OBJECT

public:
    [[nodiscard]] static std::unique_ptr<Transport> make(const Address &address, const PeerPolicy &servers);
    [[nodiscard]] static std::unique_ptr<Transport> make(const std::shared_ptr<ZygoteChannel> &channel);

    virtual void connectWorker(quint64 worker) = 0;
    /// Forgets an attempt under way, or a worker that was connected.
    virtual void forget(quint64 worker) = 0;
    /// To be called when there is another event dispatcher than before, which knows nothing of this.
    virtual void reattach() { }
    /// Whether connectWorker() answers before it returns, even without an event dispatcher.
    [[nodiscard]] virtual bool connectsAtOnce() const { return true; }
    /// For who waits without an event dispatcher: looks for what one would have told of.
    virtual void look() { }
    /// Whether causeOfDeath() will be known soon after a connection has ended, announced by deathExplained().
    [[nodiscard]] virtual bool explainsDeaths() const { return false; }
    [[nodiscard]] virtual std::optional<QString> causeOfDeath(quint64 worker) const;
    /// True when it is known that there never was such a worker, whatever was written to it.
    [[nodiscard]] virtual bool wasNeverThere(quint64) const { return false; }

Q_SIGNALS:
    void connected(quint64 worker, const std::shared_ptr<Prefork::Internal::Stream> &stream);
    /// @p absence says it if there is no server.
    void failed(quint64 worker, const QString &cause, const QString &absence = {});
    void deathExplained(quint64 worker);
    /// There will never be another worker.
    void exhausted(const QString &cause);

protected:
    /// What a time-out says of a server that is not there.
    [[nodiscard]] static QString absenceOf(const Address &address, const QString &reason);
    /// @p cause: why there is no @p descriptor, if there is none.
    void connectedOrFailed(quint64 worker, const Address &address, Posix::Fd descriptor, const QString &cause,
                           const QString &absence = {});
};

}

#endif
