// SPDX-License-Identifier: MIT
#include "qmlmodels_p.h"

namespace Prefork::Qml {

QmlWorkerModel::QmlWorkerModel(QObject *parent)
    : WorkerModel(parent)
{
    connect(&m_follower, &ClientFollower::changed, this, &QmlWorkerModel::clientChanged);
}

QmlCallLog::QmlCallLog(QObject *parent)
    : CallLog(parent)
{
    connect(&m_follower, &ClientFollower::changed, this, &QmlCallLog::clientChanged);
}

QmlLatencyModel::QmlLatencyModel(QObject *parent)
    : LatencyModel(parent)
{
    connect(&m_follower, &ClientFollower::changed, this, &QmlLatencyModel::clientChanged);
}

}
