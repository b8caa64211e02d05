// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTNUMBERS_P_H
#define QTPREFORK_CLIENTNUMBERS_P_H

#include <QtCore/QtGlobal>

#include <memory>
#include <vector>

namespace Prefork::Internal {

class ClientCore;

/// Gives a ClientCore a number that no other client of this process ever has, and by which clientByNumber() finds it as
/// long as it lives. Handles (Call) keep this number instead of a pointer, for they may outlive the client. Each
/// ClientCore owns one.
class ClientNumber
{
    Q_DISABLE_COPY_MOVE(ClientNumber)

public:
    explicit ClientNumber(ClientCore *core);
    ~ClientNumber();
    [[nodiscard]] quint32 value() const { return m_value; }

private:
    const quint32 m_value;
};

/// Returns null if the client no longer exists. Ends the program if the client exists and belongs to another thread;
/// @p function is the name of the public function that was called, for the message.
[[nodiscard]] std::shared_ptr<ClientCore> clientByNumber(quint32 number, const char *function);
/// Returns the clients that belong to this thread, in no particular order.
[[nodiscard]] std::vector<std::shared_ptr<ClientCore>> clientsOfThisThread();

}

#endif
