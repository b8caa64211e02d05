// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

// A number, large, and what it counts.
ColumnLayout {
    id: figure

    required property string value
    required property string label
    property string unit: ""
    property color mark: "transparent"

    spacing: 0
    Accessible.role: Accessible.StaticText
    Accessible.name: label + ": " + value + " " + unit

    RowLayout {
        spacing: Theme.step

        BodyText {
            text: figure.value
            font.pixelSize: Theme.display
            font.weight: Font.DemiBold
        }
        Caption {
            text: figure.unit
            visible: figure.unit !== ""
            Layout.alignment: Qt.AlignBottom
            Layout.bottomMargin: 4
        }
    }
    RowLayout {
        spacing: Theme.step + 1

        Rectangle {
            visible: figure.mark.a > 0
            implicitWidth: 10
            implicitHeight: 3
            radius: 1.5
            color: figure.mark
        }
        Caption {
            text: figure.label
            Layout.fillWidth: true
        }
    }
}
