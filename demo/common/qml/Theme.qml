// SPDX-License-Identifier: MIT
pragma Singleton

import QtQuick

// Every colour, size and distance of the demos: a light and a dark palette, four sizes of type, steps of four pixels.
QtObject {
    property bool dark: false

    readonly property color background: dark ? "#15181d" : "#f5f6f8"
    readonly property color surface: dark ? "#1e2229" : "#ffffff"
    readonly property color sunken: dark ? "#0f1216" : "#e8ebef"
    readonly property color line: dark ? "#323944" : "#d6dbe2"
    readonly property color text: dark ? "#eceff3" : "#1a1f26"
    readonly property color muted: dark ? "#a3adba" : "#56606d"
    readonly property color accent: dark ? "#78a8ff" : "#1f62d0"
    readonly property color second: dark ? "#e0b060" : "#a06a00"
    readonly property color inAccent: dark ? "#0c1524" : "#ffffff"
    readonly property color good: dark ? "#5cc48d" : "#1f7f4f"
    readonly property color bad: dark ? "#ff8c80" : "#bf2d22"
    readonly property color badGround: dark ? "#35201f" : "#fbe9e7"
    readonly property color hover: dark ? "#2a303a" : "#e9edf2"

    // A count as people read it: 12,345.
    function inGroups(count: real): string {
        return count.toLocaleString(Qt.locale(), "f", 0);
    }

    readonly property int caption: 11
    readonly property int body: 13
    readonly property int heading: 15
    readonly property int display: 22

    readonly property int step: 4
    readonly property int gap: 12
    readonly property int margin: 16
    readonly property int radius: 8
    readonly property int control: 36
    readonly property int fast: 120 // ms

    function faint(base: color, share: real): color {
        return Qt.rgba(base.r, base.g, base.b, share);
    }
}
