// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LISTENER_P_H
#define QTPREFORK_LISTENER_P_H

#include <QtPrefork/server.h>
#include <QtPrefork/worker.h>

#include <functional>

namespace Prefork::Internal {

/// This is a listening socket of a server: a unix socket, TCP, or one that was passed by a supervisor. A Server owns
/// one while it listens, and has an Acceptor accept from descriptor(). A Listener never accepts connections itself.
class Listener
{
public:
    virtual ~Listener() = default;
    /// Begins to listen. Returns an empty text, or the reason why it cannot.
    [[nodiscard]] virtual QString listen(const Address &address, const ServerOptions &options) = 0;
    [[nodiscard]] virtual int descriptor() const = 0;
    [[nodiscard]] virtual Address address() const = 0;
    /// Functions that are called when something happens to the socket's file.
    struct Watch
    {
        std::function<void()> replaced; ///< another socket has been put in the place of this one
        /// The socket was made again, so descriptor() is a new one that nobody accepts from yet. If the function
        /// returns false, it is called again a little later.
        std::function<bool()> renewed;
    };
    /// Begins to watch the socket's file, if there is one, and to call the functions of @p watch.
    virtual void watch(const Watch &watch) { Q_UNUSED(watch) }
    /// Sets the options that a worker's connection needs, and returns who is at its other end.
    [[nodiscard]] Peer prepare(int connection) const;

    [[nodiscard]] static std::unique_ptr<Listener> make(Address::Scheme scheme);
};

}

#endif
