// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

// A button with a word on it.
AbstractButton {
    id: button

    implicitWidth: implicitContentWidth + 2 * Theme.margin
    implicitHeight: Theme.control
    focusPolicy: Qt.StrongFocus
    Accessible.name: text

    contentItem: BodyText {
        text: button.text
        color: Theme.inAccent
        font.weight: Font.DemiBold
        horizontalAlignment: Text.AlignHCenter
    }
    background: Rectangle {
        radius: Theme.radius
        color: Qt.darker(Theme.accent, button.down ? 1.2 : button.hovered ? 1.08 : 1)

        FocusRing {
            active: button.visualFocus
        }
    }
}
