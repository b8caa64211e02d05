// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LISTENER_P_H
#define QTPREFORK_LISTENER_P_H

#include <QtPrefork/server.h>
#include <QtPrefork/worker.h>

#include <functional>

namespace Prefork::Internal {

/// A listening socket of one kind; whoever owns it accepts from descriptor().
class Listener
{
public:
    virtual ~Listener() = default;
    /// An empty text, or why not.
    [[nodiscard]] virtual QString listen(const Address &address, const ServerOptions &options) = 0;
    [[nodiscard]] virtual int descriptor() const = 0;
    [[nodiscard]] virtual Address address() const = 0;
    /// What may become of a socket's file.
    struct Watch
    {
        std::function<void()> replaced; ///< another socket stands where this one was put
        std::function<bool()>
            renewed; ///< descriptor() is another, which nobody accepts from yet; false: ask again a little later
    };
    /// From now on calls those of @p watch.
    virtual void watch(const Watch &watch) { Q_UNUSED(watch) }
    /// Makes an accepted connection ready for a worker and says who is at its other end.
    [[nodiscard]] Peer welcome(int connection) const;

    [[nodiscard]] static std::unique_ptr<Listener> make(Address::Scheme scheme);
};

}

#endif
