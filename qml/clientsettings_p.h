// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_CLIENTSETTINGS_P_H
#define QTPREFORK_QML_CLIENTSETTINGS_P_H

#include <QtPrefork/client.h>

#include <QtQml/qqmlregistration.h>

namespace Prefork::Qml {

/// Has the options of a Client as properties. They have the meaning and the defaults of ClientOptions; times are in
/// milliseconds.
class ClientSettings : public QObject
{
    Q_OBJECT
    QML_ANONYMOUS
    Q_PROPERTY(QString name MEMBER m_name NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int minWorkers MEMBER m_minWorkers NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int maxWorkers MEMBER m_maxWorkers NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int timeout MEMBER m_timeout NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int runTimeout MEMBER m_runTimeout NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int priority MEMBER m_priority NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int cancelGrace MEMBER m_cancelGrace NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int maxCheckouts MEMBER m_maxCheckouts NOTIFY optionsChanged FINAL)
    Q_PROPERTY(bool reuseAfterError MEMBER m_reuseAfterError NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int idleTimeout MEMBER m_idleTimeout NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int maxQueued MEMBER m_maxQueued NOTIFY optionsChanged FINAL)
    Q_PROPERTY(bool waitForServer MEMBER m_waitForServer NOTIFY optionsChanged FINAL)
    Q_PROPERTY(double maxMessageSize MEMBER m_maxMessageSize NOTIFY optionsChanged FINAL)
    Q_PROPERTY(double maxDecodedSize MEMBER m_maxDecodedSize NOTIFY optionsChanged FINAL)
    Q_PROPERTY(Protocol protocol MEMBER m_protocol NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int maxInFlight MEMBER m_maxInFlight NOTIFY optionsChanged FINAL)
    Q_PROPERTY(double maxInFlightBytes MEMBER m_maxInFlightBytes NOTIFY optionsChanged FINAL)
    Q_PROPERTY(int oneShotDepth MEMBER m_oneShotDepth NOTIFY optionsChanged FINAL)
    Q_PROPERTY(double maxBytesToWrite MEMBER m_maxBytesToWrite NOTIFY optionsChanged FINAL)

public:
    enum Protocol {
        Native = int(Prefork::Protocol::Native),
        Json = int(Prefork::Protocol::Json),
    };
    Q_ENUM(Protocol)

    explicit ClientSettings(QObject *parent = nullptr);
    [[nodiscard]] ClientOptions options() const;

Q_SIGNALS:
    void optionsChanged();

private:
    QString m_name;
    int m_minWorkers;
    int m_maxWorkers;
    int m_timeout = -1;
    int m_runTimeout;
    int m_priority;
    int m_cancelGrace;
    int m_maxCheckouts;
    bool m_reuseAfterError;
    int m_idleTimeout;
    int m_maxQueued;
    bool m_waitForServer;
    double m_maxMessageSize;
    double m_maxDecodedSize;
    Protocol m_protocol;
    int m_maxInFlight;
    double m_maxInFlightBytes;
    int m_oneShotDepth;
    double m_maxBytesToWrite;
};

}

#endif
