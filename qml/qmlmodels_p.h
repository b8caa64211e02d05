// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_QMLMODELS_P_H
#define QTPREFORK_QML_QMLMODELS_P_H

#include "clientfollower_p.h"

#include <QtPrefork/calllog.h>
#include <QtPrefork/latencymodel.h>
#include <QtPrefork/workermodel.h>

namespace Prefork::Qml {

// The models of C++ are the types of QML. The property `client` and its signal are other ones, which hide those of C++:
// the type is the Client of QML, and the signal is not emitted when that makes another client of C++.

/// This is the type `WorkerModel` of QML.
class QmlWorkerModel : public Prefork::WorkerModel // in full, for qmltypes
{
    Q_OBJECT
    QML_NAMED_ELEMENT(WorkerModel)
    Q_PROPERTY(Prefork::Qml::QmlClient *client READ qmlClient WRITE setQmlClient NOTIFY clientChanged FINAL)

public:
    explicit QmlWorkerModel(QObject *parent = nullptr);
    [[nodiscard]] QmlClient *qmlClient() const { return m_follower.client(); }
    void setQmlClient(QmlClient *client) { m_follower.setClient(client); }

Q_SIGNALS:
    void clientChanged();

private:
    ClientFollower m_follower{this};
};

/// This is the type `CallLog` of QML.
class QmlCallLog : public Prefork::CallLog
{
    Q_OBJECT
    QML_NAMED_ELEMENT(CallLog)
    Q_PROPERTY(Prefork::Qml::QmlClient *client READ qmlClient WRITE setQmlClient NOTIFY clientChanged FINAL)

public:
    explicit QmlCallLog(QObject *parent = nullptr);
    [[nodiscard]] QmlClient *qmlClient() const { return m_follower.client(); }
    void setQmlClient(QmlClient *client) { m_follower.setClient(client); }

Q_SIGNALS:
    void clientChanged();

private:
    ClientFollower m_follower{this};
};

/// This is the type `LatencyModel` of QML.
class QmlLatencyModel : public Prefork::LatencyModel
{
    Q_OBJECT
    QML_NAMED_ELEMENT(LatencyModel)
    Q_PROPERTY(Prefork::Qml::QmlClient *client READ qmlClient WRITE setQmlClient NOTIFY clientChanged FINAL)

public:
    explicit QmlLatencyModel(QObject *parent = nullptr);
    [[nodiscard]] QmlClient *qmlClient() const { return m_follower.client(); }
    void setQmlClient(QmlClient *client) { m_follower.setClient(client); }

Q_SIGNALS:
    void clientChanged();

private:
    ClientFollower m_follower{this};
};

}

#endif
