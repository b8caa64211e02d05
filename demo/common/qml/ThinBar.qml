// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Controls.Basic

// A scroll bar that is only to be seen while it is of use.
ScrollBar {
    id: bar

    padding: 2

    contentItem: Rectangle {
        implicitWidth: 4
        radius: 2
        color: Theme.muted
        opacity: bar.size < 1 && (bar.active || bar.hovered) ? 0.6 : 0

        Behavior on opacity {
            NumberAnimation {
                duration: Theme.fast
            }
        }
    }
}
