// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

// A number between two buttons.
SpinBox {
    id: control

    property string unit: ""
    required property string name

    implicitWidth: 132
    implicitHeight: Theme.control
    editable: false
    focusPolicy: Qt.StrongFocus
    leftPadding: Theme.control
    rightPadding: Theme.control
    Accessible.name: name
    textFromValue: (value, locale) => control.unit ? value + " " + control.unit : String(value)

    contentItem: BodyText {
        text: control.displayText
        horizontalAlignment: Text.AlignHCenter
    }
    down.indicator: StepperButton {
        x: 0
        isPressed: control.down.pressed
        isHovered: control.down.hovered
        opacity: control.value > control.from ? 1 : 0.35
        sign: "−"
    }
    up.indicator: StepperButton {
        x: control.width - width
        isPressed: control.up.pressed
        isHovered: control.up.hovered
        opacity: control.value < control.to ? 1 : 0.35
        sign: "+"
    }
    background: Rectangle {
        radius: Theme.radius
        color: Theme.background
        border.color: Theme.line

        FocusRing {
            active: control.visualFocus
        }
    }
}
