// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls
import QtQuick.Layouts
import Prefork

ApplicationWindow {
    id: window

    required property list<string> paths
    required property bool quitWhenDone
    property int shown: 0
    property int broken: 0

    title: qsTr("Pictures")
    width: 420
    height: 640
    visible: true

    // [pictures]
    Client {
        images: true // serves image://prefork
        runTimeout: 5000 // a picture that takes longer than this is an error, too
    }
    ListView {
        anchors.fill: parent
        model: window.paths
        delegate: RowLayout {
            id: row
            required property string modelData
            height: 72
            Image {
                id: picture
                Layout.preferredWidth: 64
                Layout.preferredHeight: 64
                fillMode: Image.PreserveAspectFit
                sourceSize.width: 64
                sourceSize.height: 64
                source: "image://prefork/thumbnail/" + encodeURIComponent(row.modelData)
                onStatusChanged: window.count(status)
                BusyIndicator {
                    anchors.fill: parent
                    running: picture.status === Image.Loading
                }
            }
            Label {
                text: row.modelData.split("/").pop()
                    + (picture.status === Image.Error ? qsTr(" (cannot be shown)") : "")
            }
        }
    }
    // [pictures]

    function count(status: int): void {
        if (status === Image.Ready)
            ++shown;
        else if (status === Image.Error)
            ++broken;
        if (quitWhenDone && shown + broken === paths.length)
            Qt.quit();
    }
}
