// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LISTENER_P_H
#define QTPREFORK_LISTENER_P_H

#include <QtPrefork/server.h>
#include <QtPrefork/worker.h>

#include "zygote/posix_p.h"

namespace Prefork {

/// A listening socket of one kind; whoever owns it accepts from descriptor().
class Listener
{
public:
    virtual ~Listener() = default;
    /// An empty text, or why not.
    [[nodiscard]] virtual QString listen(const Address &address, const ServerOptions &options) = 0;
    [[nodiscard]] virtual int descriptor() const = 0;
    [[nodiscard]] virtual Address address() const = 0;
    /// Makes an accepted connection ready for a worker and says who is at its other end; nothing if that is nobody to serve.
    [[nodiscard]] virtual std::optional<Peer> welcome(int connection) = 0;

    [[nodiscard]] static std::unique_ptr<Listener> make(Address::Scheme scheme);
};

}

#endif
