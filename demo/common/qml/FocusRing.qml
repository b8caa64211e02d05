// SPDX-License-Identifier: MIT
import QtQuick

// Shows where the keyboard is: around its parent, outside of it.
Rectangle {
    property bool active: false
    property int cornerRadius: Theme.radius

    anchors.fill: parent
    anchors.margins: -3
    visible: active
    color: "transparent"
    border.color: Theme.accent
    border.width: 2
    radius: cornerRadius + 3
}
