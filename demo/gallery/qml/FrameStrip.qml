// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Shapes
import Demo
import Gallery

// The last frames of the window, a bar each; those above two frames of a usual screen stand out.
Item {
    id: strip

    required property FrameMeter meter
    readonly property var frames: meter.frames
    readonly property real scaleTop: 50 // ms
    readonly property real late: 34

    // The outline of the bars that `isWanted` takes.
    function bars(isWanted: var): var {
        const width = area.width / 120;
        const points = [Qt.point(0, area.height)];
        for (let i = 0; i < frames.length; ++i) {
            if (!isWanted(frames[i]))
                continue;
            const left = area.width - (frames.length - i) * width;
            const y = area.height * (1 - Math.min(1, frames[i] / scaleTop));
            points.push(Qt.point(left, area.height), Qt.point(left, y));
            points.push(Qt.point(left + width, y), Qt.point(left + width, area.height));
        }
        points.push(Qt.point(0, area.height));
        return points;
    }

    implicitHeight: 64
    Accessible.role: Accessible.Chart
    Accessible.name: {
        const text = qsTr("Frame times, median %1 milliseconds, longest %2");
        return text.arg(meter.median.toFixed(0)).arg(meter.longest.toFixed(0));
    }

    Rectangle {
        id: area

        anchors.fill: parent
        anchors.bottomMargin: foot.height + 4
        color: "transparent"

        Rectangle {
            y: parent.height
            width: parent.width
            height: 1
            color: Theme.line
        }
        Shape {
            anchors.fill: parent

            ShapePath {
                strokeWidth: -1
                fillColor: Theme.good

                PathPolyline {
                    path: strip.bars(frame => frame < strip.late)
                }
            }
            ShapePath {
                strokeWidth: -1
                fillColor: Theme.bad

                PathPolyline {
                    path: strip.bars(frame => frame >= strip.late)
                }
            }
        }
        Rectangle {
            y: Math.round(parent.height * (1 - 16.7 / strip.scaleTop))
            width: parent.width
            height: 1
            color: Theme.faint(Theme.muted, 0.5)
        }
    }
    Caption {
        id: foot

        anchors.bottom: parent.bottom
        width: parent.width
        text: qsTr("one bar a frame, the line is at 16.7 ms")
    }
}
