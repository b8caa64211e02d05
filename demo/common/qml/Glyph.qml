// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Shapes

// A sign of thin lines, drawn in a square of 24 units.
Item {
    id: glyph

    readonly property var paths: ({
        "folder": "M3 7a2 2 0 0 1 2-2h4l2.5 2.5H19a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z",
        "again": "M4.5 10.5A8 8 0 0 1 18 6.5l2 2M20 4v4.5h-4.5M19.5 13.5A8 8 0 0 1 6 17.5l-2-2M4 20v-4.5h4.5",
        "retry": "M19.4 14A8 8 0 1 1 19 8l1 1.5M20.5 4.5v5h-5",
        "stop": "M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M9 9l6 6M15 9l-6 6",
        "close": "M6 6l12 12M18 6L6 18",
        "back": "M20 12H5M11 5.5L4.5 12l6.5 6.5",
        "previous": "M14.5 5l-7 7l7 7",
        "next": "M9.5 5l7 7l-7 7",
        "settings": "M4 7.5h7M16 7.5h4M4 16.5h3M12 16.5h8" // two sliders
            + "M13.5 5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5M9.5 14a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5",
        "moon": "M19.5 14.5A8 8 0 1 1 9.5 4.5a6.5 6.5 0 0 0 10 10z",
        "sun": "M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2" // long rays, and others
            + "M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
        "warning": "M12 4L2.8 20h18.4zM12 10v4.5M12 17.2v.3",
        "picture": "M5 5h14a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2" // a frame, and hills
            + "M3.5 17l5-5.5l4 4l2.5-2.5l5.5 5M15.5 8.5v.3",
        "actual": "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5"
    })
    required property string name
    property color color: Theme.text
    property int size: 20

    implicitWidth: size
    implicitHeight: size

    Shape {
        width: 24
        height: 24
        scale: glyph.size / 24
        transformOrigin: Item.TopLeft

        ShapePath {
            strokeColor: glyph.color
            strokeWidth: 1.75
            fillColor: "transparent"
            capStyle: ShapePath.RoundCap
            joinStyle: ShapePath.RoundJoin

            PathSvg {
                path: glyph.paths[glyph.name]
            }
        }
    }
}
