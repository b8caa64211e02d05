// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Monitor

// Which server it is, and whether it is there.
RowLayout {
    id: bar

    required property Monitor monitor

    spacing: Theme.gap

    ColumnLayout {
        spacing: 2
        Layout.fillWidth: true

        BodyText {
            text: bar.monitor.address
            font.pixelSize: Theme.display
            font.weight: Font.DemiBold
            elide: Text.ElideMiddle
            Layout.fillWidth: true
            Accessible.role: Accessible.Heading
            Accessible.name: text
        }
        RowLayout {
            spacing: Theme.step * 2

            Rectangle {
                implicitWidth: 8
                implicitHeight: 8
                radius: 4
                color: bar.monitor.connected ? Theme.good : bar.monitor.inTrouble ? Theme.bad : Theme.second
                Layout.alignment: Qt.AlignTop
                Layout.topMargin: 5
            }
            BodyText {
                text: bar.monitor.stateText
                color: bar.monitor.inTrouble ? Theme.bad : Theme.muted
                wrapMode: Text.Wrap
                maximumLineCount: 5
                Layout.fillWidth: true
                Accessible.role: Accessible.StaticText
                Accessible.name: text
            }
        }
    }
    IconButton {
        glyph: bar.monitor.dark ? "sun" : "moon"
        text: bar.monitor.dark ? qsTr("Light theme") : qsTr("Dark theme")
        keys: "Ctrl+D"
        Layout.alignment: Qt.AlignTop
        onClicked: bar.monitor.dark = !bar.monitor.dark
    }
}
