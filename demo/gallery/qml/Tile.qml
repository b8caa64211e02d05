// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import Demo
import Gallery

// One picture of the grid: its thumbnail, or what keeps it from being there, and its name.
Item {
    id: tile

    required property int index
    required property string name
    required property int status
    required property real progress
    required property string reason
    required property int attempts
    required property string thumbnail
    property bool current: false
    readonly property bool isFailed: status === Album.Failed
    readonly property bool fillsFrame: !isBlank && image.width >= frame.width - 2 && image.height >= frame.height - 2
    readonly property bool isBlank: image.status !== Image.Ready
    readonly property string statusText: {
        switch (status) {
        case Album.Waiting:
            return qsTr("waiting");
        case Album.Decoding:
            return qsTr("decoding");
        case Album.Failed:
            return qsTr("failed: %1").arg(reason);
        case Album.Canceled:
            return qsTr("canceled");
        default:
            return "";
        }
    }

    signal opened
    signal retried

    Accessible.role: Accessible.ListItem
    Accessible.name: statusText ? name + ", " + statusText : name
    Accessible.focusable: true
    Accessible.onPressAction: tile.opened()

    Rectangle {
        id: frame

        width: parent.width
        height: Math.round(width * 3 / 4)
        radius: 6
        color: {
            if (tile.isFailed)
                return Theme.badGround;
            return area.containsMouse ? Theme.hover : tile.fillsFrame ? "transparent" : Theme.sunken;
        }

        Image {
            id: image


            anchors.centerIn: parent
            width: Math.min(parent.width, sourceSize.width / Screen.devicePixelRatio)
            height: Math.min(parent.height, sourceSize.height / Screen.devicePixelRatio)
            source: tile.thumbnail
            cache: false
            fillMode: Image.PreserveAspectFit
        }
        Glyph {
            anchors.centerIn: parent
            anchors.verticalCenterOffset: tile.status === Album.Canceled ? -Theme.step * 2 : 0
            visible: tile.isBlank && !tile.isFailed
            name: tile.status === Album.Canceled ? "stop" : "picture"
            color: Theme.faint(Theme.muted, tile.status === Album.Decoding ? 0.9 : 0.45)
        }
        Caption {
            visible: tile.isBlank && tile.status === Album.Canceled
            anchors.horizontalCenter: parent.horizontalCenter
            anchors.verticalCenter: parent.verticalCenter
            anchors.verticalCenterOffset: Theme.margin
            text: qsTr("Canceled")
        }
        Column {
            visible: tile.isFailed
            anchors.verticalCenter: parent.verticalCenter
            x: Theme.gap
            width: parent.width - 2 * x
            spacing: Theme.step + 2

            Glyph {
                anchors.horizontalCenter: parent.horizontalCenter
                name: "warning"
                color: Theme.bad
            }
            Caption {
                width: parent.width
                text: tile.reason
                color: Theme.text
                horizontalAlignment: Text.AlignHCenter
                wrapMode: Text.Wrap
                maximumLineCount: 4
            }
        }
        Meter {
            visible: tile.status === Album.Decoding
            anchors.bottom: parent.bottom
            anchors.bottomMargin: Theme.step * 2
            x: Theme.gap
            width: parent.width - 2 * x
            done: Math.max(0.04, tile.progress)
        }
        FocusRing {
            active: tile.current
            cornerRadius: 6
        }
    }
    Caption {
        anchors.top: frame.bottom
        anchors.topMargin: Theme.step + 2
        width: parent.width
        text: tile.name
        horizontalAlignment: Text.AlignHCenter
        elide: Text.ElideMiddle
        color: tile.isFailed ? Theme.bad : Theme.muted
    }
    MouseArea {
        id: area

        anchors.fill: parent
        hoverEnabled: true
        cursorShape: Qt.PointingHandCursor
        onClicked: tile.opened()
    }

    Loader { // there may be hundreds of tiles, and one tip
        active: tile.isFailed && (area.containsMouse || tile.current)

        sourceComponent: Tip {
            parent: tile
            visible: true
            text: tile.reason
            keys: qsTr("Space retries")
        }
    }
}
