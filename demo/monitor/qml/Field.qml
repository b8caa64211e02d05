// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Demo

// A name, and below it a line of text that somebody types.
ColumnLayout {
    id: field

    required property string name
    property alias text: input.text
    property alias placeholder: input.placeholderText
    readonly property alias input: input

    signal edited(string text)
    signal accepted

    spacing: Theme.step

    Caption {
        text: field.name
    }
    TextField {
        id: input

        implicitHeight: Theme.control
        leftPadding: Theme.gap
        rightPadding: Theme.gap
        color: Theme.text
        font.pixelSize: Theme.body
        placeholderTextColor: Theme.muted
        selectionColor: Theme.accent
        selectedTextColor: Theme.inAccent
        selectByMouse: true
        verticalAlignment: TextInput.AlignVCenter
        Accessible.name: field.name
        Layout.fillWidth: true
        onTextEdited: field.edited(text)
        onAccepted: field.accepted()

        background: Rectangle {
            radius: Theme.radius
            color: Theme.background
            border.color: input.activeFocus ? Theme.accent : Theme.line
            border.width: input.activeFocus ? 2 : 1
        }
    }
}
