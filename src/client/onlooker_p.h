// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ONLOOKER_P_H
#define QTPREFORK_ONLOOKER_P_H

#include "views/endedcall_p.h"

#include <QtCore/QtGlobal>

namespace Prefork {
class Client;
}

namespace Prefork::Internal {

class ClientCore;

/// An onlooker is told what happens to a client: the models are onlookers.
class Onlooker
{
    Q_DISABLE_COPY_MOVE(Onlooker)

public:
    enum class Interest {
        Workers, ///< the onlooker needs workerDied()
        Calls, ///< the onlooker needs callEnded(), with exact times
    };

    /// Returns the client; null if there is none.
    [[nodiscard]] Client *client() const { return m_client; }
    /// Sets the client; null = none. Returns false if it was set already. If the client, or the one before it, belongs
    /// to another thread, the program ends with a message that names @p function.
    bool lookAt(Client *client, const char *function);
    [[nodiscard]] Interest interest() const { return m_interest; }

    /// A call has settled. No code of the user may run inside.
    virtual void callEnded(const Views::EndedCall &) { }
    /// A worker has died, or was given up. No code of the user may run inside.
    virtual void workerDied(quint64, const Error &) { }
    /// Returns whether there is something to tell. This is called at the end of each turn of the client's event loop.
    /// No code of the user may run inside.
    [[nodiscard]] virtual bool isDue() { return false; }

    /// Tells its views what there is to tell.
    virtual void tell() { }
    /// The client is being destroyed, and client() is null already.
    virtual void clientGone() { }

protected:
    explicit Onlooker(Interest interest)
        : m_interest(interest)
    {
    }
    virtual ~Onlooker();
    /// Returns the core of the client; null if there is none.
    [[nodiscard]] ClientCore *core() const { return m_core; }

private:
    friend class Observers;

    const Interest m_interest;
    Client *m_client = nullptr;
    ClientCore *m_core = nullptr;
};

}

#endif
