// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Gallery

// One place of the pool: what its worker does, for how long, and of what the one before it died.
Rectangle {
    id: tile

    required property PoolView pool
    required property int pid
    required property int workerState
    required property string method
    required property int runningFor
    required property int callsServed
    required property string lastDeath
    readonly property bool isRunning: workerState === PoolView.Running
    readonly property bool isThere: workerState !== PoolView.Empty && workerState !== PoolView.Connecting
    readonly property string stateText: {
        switch (workerState) {
        case PoolView.Empty:
            return qsTr("Empty");
        case PoolView.Connecting:
            return qsTr("Starting");
        case PoolView.Running:
            return qsTr("Running");
        case PoolView.Leaving:
            return qsTr("Leaving");
        case PoolView.Idle:
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
                color: tile.runningFor >= 1500 ? Theme.bad : Theme.muted
            }
        }
        Caption {
            text: tile.isThere ? qsTr("pid %1 · %2 calls").arg(tile.pid).arg(tile.callsServed) : qsTr("no process")
            Layout.fillWidth: true
        }
        Caption {
            text: tile.lastDeath ? qsTr("last death: %1").arg(tile.pool.brief(tile.lastDeath)) : qsTr("no deaths here")
            color: tile.lastDeath ? Theme.bad : Theme.faint(Theme.muted, 0.7)
            Layout.fillWidth: true
        }
    }
}
