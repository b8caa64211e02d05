// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Prefork

// One place of the pool: what its worker does, for how long, and of what the one before it died.
Rectangle {
    id: tile

    required property PoolView pool
    property int slowAfter: 1500 // ms; from then on the time is marked
    required property int pid
    required property int workerState
    required property string method
    required property int runningFor
    required property int callsServed
    required property string lastDeath
    readonly property bool isRunning: workerState === WorkerModel.Running
    readonly property bool isThere: workerState !== WorkerModel.Empty && workerState !== WorkerModel.Connecting
    readonly property string stateText: {
        switch (workerState) {
        case WorkerModel.Empty:
            return qsTr("Empty");
        case WorkerModel.Connecting:
            return qsTr("Starting");
        case WorkerModel.Running:
            return qsTr("Running");
        case WorkerModel.Leaving:
            return qsTr("Leaving");
        case WorkerModel.Idle:
            return qsTr("Idle");
        default:
            return qsTr("Held");
        }
    }

    radius: Theme.radius
    color: Theme.surface
    border.color: Theme.line
    implicitHeight: layout.implicitHeight + 2 * Theme.gap
    Accessible.role: Accessible.ListItem
    Accessible.name: {
        const text = qsTr("Worker %1, %2 %3, %4 calls. %5");
        return text.arg(pid).arg(stateText).arg(method).arg(callsServed).arg(lastDeath);
    }

    ColumnLayout {
        id: layout

        anchors.fill: parent
        anchors.margins: Theme.gap
        spacing: Theme.step - 1

        RowLayout {
            spacing: Theme.step * 2

            Rectangle {
                implicitWidth: 8
                implicitHeight: 8
                radius: 4
                color: tile.isRunning ? Theme.accent : tile.isThere ? Theme.good : Theme.line
            }
            BodyText {
                text: tile.isRunning && tile.method ? tile.method : tile.stateText
                font.weight: Font.DemiBold
                Layout.fillWidth: true
            }
            Caption {
                visible: tile.isRunning && tile.runningFor >= 100
                text: qsTr("%1 s").arg((tile.runningFor / 1000).toFixed(1))
                color: tile.runningFor >= tile.slowAfter ? Theme.bad : Theme.muted
            }
        }
        Caption {
            text: {
                if (!tile.isThere)
                    return qsTr("no process");
                const served = Theme.inGroups(tile.callsServed);
                const calls = tile.callsServed === 1 ? qsTr("1 call") : qsTr("%1 calls").arg(served);
                return qsTr("pid %1 · %2").arg(tile.pid).arg(calls);
            }
            Layout.fillWidth: true
        }
        Caption {
            text: tile.lastDeath ? qsTr("last death: %1").arg(tile.pool.brief(tile.lastDeath)) : qsTr("no deaths here")
            color: tile.lastDeath ? Theme.bad : Theme.muted
            Layout.fillWidth: true
        }
    }
}
