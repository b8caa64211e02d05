// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTNUMBERS_P_H
#define QTPREFORK_CLIENTNUMBERS_P_H

#include <QtCore/QtGlobal>

#include <memory>
#include <vector>

namespace Prefork::Internal {

class ClientCore;

/// A number that finds @p core for as long as it lives, and that no other client of this process ever has: for handles
/// that outlive what they stand for.
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

/// Null if it is gone. Ends the program if it is there and belongs to another thread. @p function: who asks.
[[nodiscard]] std::shared_ptr<ClientCore> clientByNumber(quint32 number, const char *function);
/// Those that belong to this thread, in no order.
[[nodiscard]] std::vector<std::shared_ptr<ClientCore>> clientsOfThisThread();

}

#endif
