// SPDX-License-Identifier: MIT
import QtQuick
import Demo

// A thin bar: how much of something is done, and how much of that went wrong.
Rectangle {
    id: meter

    property real done: 0 // from 0 to 1, what went wrong included
    property real wrong: 0
    property color barColor: Theme.accent

    implicitHeight: 4
    radius: height / 2
    color: Theme.line

    Rectangle {
        height: parent.height
        width: parent.width * Math.min(1, meter.done)
        radius: parent.radius
        color: Theme.bad
    }
    Rectangle {
        height: parent.height
        width: parent.width * Math.max(0, Math.min(1, meter.done) - meter.wrong)
        radius: parent.radius
        color: meter.barColor
    }
}
