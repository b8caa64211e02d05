// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

// A tool tip: what a control does, and its key.
ToolTip {
    id: tip

    property string keys: ""

    y: parent ? parent.height + Theme.step : 0
    delay: 600
    padding: Theme.step * 2

    contentItem: Text {
        text: tip.keys ? tip.text + "  (" + tip.keys + ")" : tip.text
        color: Theme.background
        font.pixelSize: Theme.caption + 1
        textFormat: Text.PlainText
    }
    background: Rectangle {
        color: Theme.text
        radius: Theme.step
    }
}
