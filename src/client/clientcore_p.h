// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTCORE_P_H
#define QTPREFORK_CLIENTCORE_P_H

#include <QtPrefork/client.h>

#include "client/checkout_p.h"
#include "client/connection_p.h"
#include "client/transport_p.h"
#include "pool/pool_p.h"
#include "wire/codec_p.h"

#include <QtCore/QPointer>
#include <QtCore/QTimer>

#include <deque>
#include <unordered_map>

namespace Prefork {

/// What drives a client's pool: carries bytes between sockets and codecs, tells the pool the time, and settles calls. Outlives its Client
/// as long as a checkout does.
class ClientCore : public QObject, public std::enable_shared_from_this<ClientCore>
{
    Q_OBJECT

public:
    ClientCore(const ClientOptions &options, std::unique_ptr<Transport> transport);
    ~ClientCore() override;

    void start();
    /// Every checkout from now on fails.
    void setUnavailable(const QString &cause);
    /// Settles everything before it returns.
    void shutdown();

    void close(std::chrono::milliseconds deadline);
    void recycle();
    [[nodiscard]] Client::State state() const;

    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options);
    void call(Checkout &checkout);
    void release(Pooling::CheckoutId id);
    void abort(Pooling::CheckoutId id, const Error &error);

    [[nodiscard]] const QByteArray &name() const { return m_options.name; }
    [[nodiscard]] const Wire::ClientCodec &encoder() const { return *m_encoder; }
    [[nodiscard]] std::optional<Error> errorOf(Pooling::CheckoutId id) const { return m_pool.errorOf(id); }
    [[nodiscard]] const Pooling::Pool &pool() const { return m_pool; }
    /// Whether the user's code may be on the stack.
    [[nodiscard]] bool isSettling() const { return m_settling > 0; }
    [[nodiscard]] QString connectionError() const { return m_connectionError; }

Q_SIGNALS:
    void connectionFailed(const QString &cause);
    void stateChanged(Prefork::Client::State state);
    void closed();
    /// A checkout has no unsettled call any more.
    void checkoutSettled();

private:
    using ConnectionPtr = std::shared_ptr<Connection>;
    struct Settlement
    {
        Pooling::Action action;
        QPointer<Checkout> checkout;
        CheckoutPtr keptAlive;
    };
    enum class Settle { Now, Later };
    enum class NextCall { Unsent, Sent };

    // clientcore.cpp: the pool's orders
    void perform(Settle when);
    void performOne(const Pooling::Action &action);
    void send(const Pooling::Action &action);
    void settleLater(const Pooling::Action &action, Checkout *checkout);
    void scheduleSettling();
    void settleAll();
    void settle(const Settlement &settlement);
    void announceState();
    void armTimer();
    void onTimer();

    // clientconnections.cpp: the workers' words
    void onConnected(quint64 worker, const std::shared_ptr<Stream> &stream);
    void onConnectFailed(quint64 worker, const QString &cause);
    void announceFailure(const QString &cause);
    void onDeathExplained(quint64 worker);
    void onReadyRead(quint64 worker);
    void readAll(const ConnectionPtr &connection);
    [[nodiscard]] bool decodeAll(const ConnectionPtr &connection);
    [[nodiscard]] bool take(const ConnectionPtr &connection, const Wire::Reply &reply);
    void onEnded(const ConnectionPtr &connection);
    void loseWorker(const ConnectionPtr &connection);
    void protocolError(const ConnectionPtr &connection, const QString &what, NextCall next = NextCall::Sent);
    void drop(const ConnectionPtr &connection);
    [[nodiscard]] ConnectionPtr connectionOf(quint64 worker) const;

    const ClientOptions m_options;
    const std::unique_ptr<Transport> m_transport; // null if there is no way to a worker
    const std::unique_ptr<Wire::ClientCodec> m_encoder;
    Pooling::Pool m_pool;
    std::unordered_map<quint64, ConnectionPtr> m_connections;
    std::unordered_map<Pooling::CheckoutId, QPointer<Checkout>> m_checkouts;
    std::deque<Settlement> m_settlements;
    bool m_isPerforming = false;
    bool m_isSettlingScheduled = false;
    int m_settling = 0; // how deep
    QTimer m_timer;
    std::optional<Pooling::Time> m_timerDue;
    QString m_connectionError;
    Client::State m_announcedState = Client::Disconnected;
};

}

#endif
