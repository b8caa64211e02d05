// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts

// The name of a part of the pool view, and what there is to say of it at the right.
RowLayout {
    id: title

    required property string text
    property string note: ""

    spacing: Theme.gap

    BodyText {
        text: title.text
        font.pixelSize: Theme.heading
        font.weight: Font.DemiBold
        Accessible.role: Accessible.Heading
        Accessible.name: text
    }
    Caption {
        text: title.note
        horizontalAlignment: Text.AlignRight
        Layout.fillWidth: true
    }
}
