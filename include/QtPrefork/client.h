// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENT_H
#define QTPREFORK_CLIENT_H

#include <QtPrefork/address.h>
#include <QtPrefork/checkout.h>
#include <QtPrefork/global.h>

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <chrono>
#include <memory>

namespace Prefork {

class ClientCore;
class Zygote;

struct ClientOptions
{
    /// Names the calls in back-traces: `NAME -> METHOD`. (Parity T37.)
    QByteArray name = {};
    /// Workers connected from the start and kept; at most maxWorkers. (Parity T31.)
    int minWorkers = 2;
    /// The most workers at a time; further checkouts wait in line. (Parity T32.)
    int maxWorkers = 20;
    /// For checkouts that do not say: the longest that one call may take; 0 = any time. (Parity T34.)
    std::chrono::milliseconds timeout = std::chrono::seconds(30);
    /// A worker is replaced after so many checkouts; 0 = never. (Parity T35.)
    int maxCheckouts = 0;
    /// Whether a worker goes back to the pool after a checkout that saw an error; by default it is replaced. (Parity T36.)
    bool reuseAfterError = false;
    /// Workers above minWorkers are let go after being idle for so long; 0 = never.
    std::chrono::milliseconds idleTimeout = std::chrono::seconds(60);
    /// When so many checkouts wait, further ones fail with code QueueFull; 0 = any number may wait.
    int maxQueued = 0;
    /// Whether checkouts wait, up to their time-out, for a server that is not there; else they fail with code Unavailable. (Parity T38.)
    bool waitForServer = true;
    /// The most bytes of one message to or from a worker.
    qsizetype maxMessageSize = qsizetype(64) * 1024 * 1024;
};

/// The pool of worker connections of one address, on the Qt event loop. Hands them out as checkouts and never blocks.
///
/// May be made before its server exists: it keeps trying, and checkouts wait in line until their time-outs. Needs a QCoreApplication,
/// belongs to the thread that made it, and its checkouts with it. Destroying the client gives each checkout one fatal error of code
/// Shutdown before the destructor returns: its oldest call errors, the rest settle as canceled; the CheckoutPtrs stay valid. (Parity
/// T30-T45.)
class QTPREFORK_EXPORT Client : public QObject
{
    Q_OBJECT
    Q_PROPERTY(State state READ state NOTIFY stateChanged)

public:
    enum State {
        Disconnected, ///< no worker is connected, and none is asked for
        Connecting, ///< no worker is connected; the client is trying
        Connected, ///< there is a worker at least
        Closing, ///< close() was called and has not finished
        Closed, ///< close() has finished, or there will never be a worker again
    };
    Q_ENUM(State)

    /// A client of the server at @p address. An invalid address makes every checkout fail with code Unavailable and its text.
    explicit Client(const Address &address, const ClientOptions &options = {}, QObject *parent = nullptr);
    /// A client directly on @p zygote: each connection is a socket pair, nothing listens, nobody else can connect. Once the zygote is
    /// gone, workers that are held serve on and everything new fails with code Unavailable.
    explicit Client(Zygote *zygote, const ClientOptions &options = {}, QObject *parent = nullptr);
    ~Client() override;

    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options = {});

    /// Ends the client gently: new checkouts fail at once with code Shutdown, those there are go on until they are released. When
    /// all are, or at @p deadline from now with a fatal Shutdown for the rest, the workers are let go and closed() is emitted, from the
    /// event loop. Never blocks. A second call sets a new deadline.
    void close(std::chrono::milliseconds deadline = std::chrono::seconds(5));
    /// Replaces every worker there is: idle ones now, held ones when they are released. For when what their setup read has changed.
    void recycleWorkers();

    [[nodiscard]] State state() const;
    /// Invalid for a client directly on a zygote.
    [[nodiscard]] Address address() const;
    /// Why the last attempt to connect failed; empty once one has succeeded since.
    [[nodiscard]] QString connectionError() const;
    /// Workers connecting, idle and held.
    [[nodiscard]] qsizetype workerCount() const;
    [[nodiscard]] qsizetype idleWorkerCount() const;
    /// Checkouts in line for a worker.
    [[nodiscard]] qsizetype waitingCheckoutCount() const;

Q_SIGNALS:
    void stateChanged(Prefork::Client::State state);
    void closed();
    /// An attempt to connect failed; the client goes on trying.
    void connectionFailed(const QString &cause);

private:
    void init();

    std::shared_ptr<ClientCore> d;
    Address m_address;
};

}

#endif
