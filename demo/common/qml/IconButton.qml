// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

// A button that is only a sign: its text is for screen readers and for the tool tip.
AbstractButton {
    id: button

    required property string glyph
    property string keys: ""
    property string label: "" // a word beside the sign, where there is room

    implicitWidth: label ? implicitContentWidth + 2 * Theme.gap : Theme.control
    implicitHeight: Theme.control
    focusPolicy: Qt.StrongFocus
    opacity: enabled ? 1 : 0.35
    Accessible.name: text
    Accessible.description: keys ? qsTr("Key: %1").arg(keys) : ""

    contentItem: GlyphAndWord {
        glyph: button.glyph
        word: button.label
    }
    background: Rectangle {
        radius: Theme.radius
        color: button.down ? Theme.line : button.hovered ? Theme.hover : "transparent"

        FocusRing {
            active: button.visualFocus
        }
    }

    Tip {
        visible: button.hovered || button.visualFocus
        text: button.text
        keys: button.keys
    }
}
