// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Demo
import Gallery

// How many workers there are, and how long they may take.
Popup {
    id: popup

    required property Gallery gallery

    padding: Theme.margin
    modal: true
    focus: true
    dim: false
    closePolicy: Popup.CloseOnEscape | Popup.CloseOnPressOutside

    background: Rectangle {
        radius: Theme.radius
        color: Theme.surface
        border.color: Theme.line
    }
    contentItem: GridLayout {
        columns: 2
        columnSpacing: Theme.margin * 2
        rowSpacing: Theme.step * 2

        BodyText {
            text: qsTr("Settings")
            font.pixelSize: Theme.heading
            font.weight: Font.DemiBold
            Layout.columnSpan: 2
            Layout.bottomMargin: Theme.step
        }
        BodyText {
            text: qsTr("Workers")
        }
        Stepper {
            name: qsTr("Workers")
            focus: true
            from: 1
            to: popup.gallery.maxWorkers
            value: popup.gallery.workers
            onValueModified: popup.gallery.workers = value
        }
        BodyText {
            text: qsTr("A thumbnail may take")
        }
        Stepper {
            name: qsTr("Seconds for a thumbnail")
            unit: qsTr("s")
            from: 1
            to: 120
            value: popup.gallery.thumbnailSeconds
            onValueModified: popup.gallery.thumbnailSeconds = value
        }
        BodyText {
            text: qsTr("A whole picture may take")
        }
        Stepper {
            name: qsTr("Seconds for a whole picture")
            unit: qsTr("s")
            from: 1
            to: 600
            value: popup.gallery.pictureSeconds
            onValueModified: popup.gallery.pictureSeconds = value
        }
        Caption {
            text: qsTr("A worker that takes longer is ended, and another takes its place.")
            wrapMode: Text.Wrap
            Layout.columnSpan: 2
            Layout.fillWidth: true
            Layout.preferredWidth: 280
            Layout.topMargin: Theme.step
        }
    }
}
