// SPDX-License-Identifier: MIT
import QtQuick

// One end of a Stepper, which does the work.
Rectangle {
    id: button

    required property string sign
    property bool isPressed: false
    property bool isHovered: false

    implicitWidth: Theme.control
    implicitHeight: Theme.control
    radius: Theme.radius
    color: isPressed ? Theme.line : isHovered ? Theme.hover : "transparent"

    BodyText {
        anchors.centerIn: parent
        text: button.sign
        font.pixelSize: Theme.heading
    }
}
