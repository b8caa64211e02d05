// SPDX-License-Identifier: MIT
import QtQuick

// Small text that explains another.
BodyText {
    color: Theme.muted
    font.pixelSize: Theme.caption
}
