// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Shapes

// One or two lines over the last minute, on one scale, which is named at the top.
Item {
    id: chart

    required property string name // for screen readers
    required property var values
    property var others: [] // drawn thinner, behind
    property color lineColor: Theme.accent
    property color otherColor: Theme.second
    property string unit: ""
    property bool hasFoot: true // which says that it is the last minute
    readonly property real scaleTop: {
        let most = 0;
        for (let i = 0; i < values.length; ++i)
            most = Math.max(most, values[i]);
        for (let i = 0; i < others.length; ++i)
            most = Math.max(most, others[i]);
        return roundedUp(most);
    }

    // To 1, 2 or 5 times a power of ten.
    function roundedUp(number: real): real {
        if (number <= 1)
            return 1;
        const power = Math.pow(10, Math.floor(Math.log(number) / Math.LN10));
        const first = number / power;
        return (first <= 1 ? 1 : first <= 2 ? 2 : first <= 5 ? 5 : 10) * power;
    }
    function points(list: var): var {
        const made = [];
        for (let i = 0; i < list.length; ++i)
            made.push(Qt.point(area.width * i / (list.length - 1), area.height * (1 - list[i] / chart.scaleTop)));
        return made;
    }
    function closed(list: var): var {
        const made = points(list);
        made.push(Qt.point(area.width, area.height), Qt.point(0, area.height));
        return made;
    }

    implicitHeight: hasFoot ? 84 : 68
    Accessible.role: Accessible.Chart
    Accessible.name: qsTr("%1 over the last minute, now %2").arg(name).arg(Math.round(values[values.length - 1] ?? 0))

    Caption {
        id: scale

        anchors.left: parent.left
        anchors.top: parent.top
        text: Theme.inGroups(chart.scaleTop) + (chart.unit ? " " + chart.unit : "")
    }
    Item {
        id: area

        anchors.fill: parent
        anchors.topMargin: scale.height + 2
        anchors.bottomMargin: chart.hasFoot ? foot.height + 4 : 1

        Rectangle {
            width: parent.width
            height: 1
            color: Theme.faint(Theme.line, 0.7)
        }
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
                fillColor: Theme.faint(chart.lineColor, 0.14)

                PathPolyline {
                    path: chart.closed(chart.values)
                }
            }
            ShapePath {
                strokeColor: chart.others.length ? chart.otherColor : "transparent"
                strokeWidth: 1.5
                fillColor: "transparent"
                joinStyle: ShapePath.RoundJoin

                PathPolyline {
                    path: chart.points(chart.others)
                }
            }
            ShapePath {
                strokeColor: chart.lineColor
                strokeWidth: 2
                fillColor: "transparent"
                joinStyle: ShapePath.RoundJoin

                PathPolyline {
                    path: chart.points(chart.values)
                }
            }
        }
    }
    Caption {
        id: foot

        visible: chart.hasFoot
        anchors.left: parent.left
        anchors.bottom: parent.bottom
        text: qsTr("a minute ago")
    }
    Caption {
        visible: chart.hasFoot
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        text: qsTr("now")
    }
}
