// SPDX-License-Identifier: MIT
import QtQuick

// A sign, and a word beside it if there is one.
Item {
    id: pair

    required property string glyph
    property string word: ""

    implicitWidth: row.implicitWidth
    implicitHeight: row.implicitHeight

    Row {
        id: row

        anchors.centerIn: parent
        spacing: Theme.step + 2

        Glyph {
            name: pair.glyph
        }
        BodyText {
            anchors.verticalCenter: parent.verticalCenter
            visible: pair.word !== ""
            text: pair.word
        }
    }
}
