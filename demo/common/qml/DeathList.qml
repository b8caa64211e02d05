// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts

// Who has died of what, the newest first.
ListView {
    id: list

    property string emptyText: qsTr("No worker has died.")

    clip: true
    spacing: Theme.step
    boundsBehavior: Flickable.StopAtBounds
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Deaths of workers")

    delegate: RowLayout {
        id: entry

        required property string time
        required property int pid
        required property string reason

        width: ListView.view.width
        spacing: Theme.step * 2
        Accessible.role: Accessible.ListItem
        Accessible.name: time + ", " + qsTr("worker %1").arg(pid) + ": " + reason

        Caption {
            text: entry.time
        }
        Caption {
            text: entry.pid || "–"
            Layout.preferredWidth: 48
            horizontalAlignment: Text.AlignRight
        }
        Caption {
            text: entry.reason
            color: Theme.text
            Layout.fillWidth: true
        }
    }

    Caption {
        parent: list
        anchors.left: parent.left
        anchors.top: parent.top
        visible: list.count === 0
        width: parent.width
        wrapMode: Text.Wrap
        text: list.emptyText
    }
}
