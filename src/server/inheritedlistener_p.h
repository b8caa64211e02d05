// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INHERITEDLISTENER_P_H
#define QTPREFORK_INHERITEDLISTENER_P_H

#include "posix/descriptor_p.h"
#include "server/listener_p.h"

namespace Prefork::Internal {

/// This is a listening socket that a supervisor has opened and passed on (see Activation). The supervisor keeps it, so
/// its path is never removed here; a QLocalServer would remove it, and so is not used.
class InheritedListener final : public Listener
{
public:
    explicit InheritedListener(Posix::Fd socket);
    [[nodiscard]] QString listen(const Address &address, const ServerOptions &options) override;
    [[nodiscard]] int descriptor() const override { return m_socket.get(); }
    [[nodiscard]] Address address() const override { return m_address; }

private:
    Posix::Fd m_socket;
    Address m_address;
};

}

#endif
