// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import Demo

// Turns on that some decodes go wrong.
Switch {
    id: control

    text: qsTr("Chaos")
    implicitHeight: Theme.control
    leftPadding: Theme.step
    rightPadding: Theme.step
    spacing: Theme.step * 2
    focusPolicy: Qt.StrongFocus
    Accessible.name: text
    Accessible.description: qsTr("Makes some decodes crash, hang or leak. Key: X")

    indicator: Rectangle {
        x: control.leftPadding
        anchors.verticalCenter: parent.verticalCenter
        implicitWidth: 36
        implicitHeight: 20
        radius: 10
        color: control.checked ? Theme.bad : Theme.sunken
        border.color: control.checked ? Theme.bad : Theme.muted

        Rectangle {
            anchors.verticalCenter: parent.verticalCenter
            x: control.checked ? parent.width - width - 3 : 3
            width: 14
            height: 14
            radius: 7
            color: control.checked ? Theme.surface : Theme.muted

            Behavior on x {
                NumberAnimation {
                    duration: Theme.fast
                }
            }
        }
    }
    contentItem: BodyText {
        leftPadding: control.indicator.width + control.spacing
        text: control.text
        color: control.checked ? Theme.bad : Theme.text
        font.weight: control.checked ? Font.DemiBold : Font.Normal
    }

    FocusRing {
        active: control.visualFocus
    }
    Tip {
        visible: control.hovered || control.visualFocus
        text: qsTr("Make some decodes crash, hang or leak")
        keys: "X"
    }
}
