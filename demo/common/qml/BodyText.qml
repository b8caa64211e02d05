// SPDX-License-Identifier: MIT
import QtQuick

// Text of the usual size, on one line that ends in dots where there is no room.
Text {
    color: Theme.text
    font.pixelSize: Theme.body
    elide: Text.ElideRight
    textFormat: Text.PlainText
    verticalAlignment: Text.AlignVCenter
}
