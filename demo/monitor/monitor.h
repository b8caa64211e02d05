// SPDX-License-Identifier: MIT
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include "callloop.h"
#include "common/poolview.h"

#include <QtPrefork/Client>

#include <QtCore/QObject>
#include <QtQml/qqmlregistration.h>

/// This is all of the program but its window: a client of a running server, what it does, and how its workers are.
class Monitor : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The program makes it.")
    Q_PROPERTY(QString address READ address CONSTANT)
    Q_PROPERTY(bool connected READ isConnected NOTIFY stateChanged)
    Q_PROPERTY(bool inTrouble READ isInTrouble NOTIFY stateChanged)
    Q_PROPERTY(QString stateText READ stateText NOTIFY stateChanged)
    Q_PROPERTY(Demo::PoolView *pool READ pool CONSTANT)
    Q_PROPERTY(CallLoop *loop READ loop CONSTANT)
    Q_PROPERTY(bool dark READ isDark WRITE setDark NOTIFY darkChanged)

public:
    explicit Monitor(const Prefork::Address &address, Prefork::Protocol protocol = Prefork::defaultProtocol(),
                     QObject *parent = nullptr);

    [[nodiscard]] QString address() const { return m_client.address().toString(); }
    [[nodiscard]] bool isConnected() const { return m_client.state() == Prefork::Client::Connected; }
    /// Returns whether the last attempt to connect has failed.
    [[nodiscard]] bool isInTrouble() const { return !isConnected() && !m_client.connectionError().isEmpty(); }
    /// Returns whether the server is there, and if not, why and what is done about it, for people.
    [[nodiscard]] QString stateText() const;
    [[nodiscard]] Demo::PoolView *pool() { return &m_pool; }
    [[nodiscard]] CallLoop *loop() { return &m_loop; }
    [[nodiscard]] bool isDark() const { return m_isDark; }
    void setDark(bool dark);

Q_SIGNALS:
    void stateChanged();
    void darkChanged();

private:
    Prefork::Client m_client;
    Demo::PoolView m_pool;
    CallLoop m_loop;
    QString m_refusal; // what the client said when the server did not greet as a native one does
    bool m_isDark = false;
};

#endif
