// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Gallery

// The picture that is open: at the size of the window, or pixel by pixel.
FocusScope {
    id: page

    required property Viewer viewer
    property bool isActualSize: false
    readonly property bool isBusy: viewer.status === Album.Waiting || viewer.status === Album.Decoding

    visible: viewer.open
    Accessible.role: Accessible.Pane
    Accessible.name: viewer.name

    onVisibleChanged: {
        if (visible) {
            isActualSize = false;
            forceActiveFocus();
        }
    }
    Keys.onEscapePressed: viewer.close()
    Keys.onLeftPressed: viewer.go(-1)
    Keys.onRightPressed: viewer.go(1)
    Keys.onPressed: event => {
        if (event.key === Qt.Key_Z)
            isActualSize = !isActualSize;
        else if (event.key === Qt.Key_Home)
            viewer.go(-viewer.row);
        else
            return;
        event.accepted = true;
    }

    Rectangle {
        anchors.fill: parent
        color: Theme.background

        MouseArea { // what is behind hears nothing
            anchors.fill: parent
            hoverEnabled: true
            onWheel: wheel => wheel.accepted = true
        }
    }
    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        Rectangle {
            color: Theme.surface
            implicitHeight: bar.implicitHeight + 2 * Theme.gap
            Layout.fillWidth: true

            RowLayout {
                id: bar

                anchors.fill: parent
                anchors.margins: Theme.gap
                anchors.leftMargin: Theme.step * 2
                spacing: Theme.step

                IconButton {
                    glyph: "back"
                    text: qsTr("Back to the pictures")
                    keys: "Esc"
                    onClicked: page.viewer.close()
                }
                ColumnLayout {
                    spacing: 2
                    Layout.fillWidth: true
                    Layout.leftMargin: Theme.step

                    BodyText {
                        text: page.viewer.name
                        font.pixelSize: Theme.heading
                        font.weight: Font.DemiBold
                        elide: Text.ElideMiddle
                        Layout.fillWidth: true
                    }
                    BodyText {
                        text: page.viewer.description
                        color: Theme.muted
                        wrapMode: Text.Wrap
                        maximumLineCount: 2
                        Layout.fillWidth: true
                    }
                }
                IconButton {
                    glyph: "actual"
                    text: page.isActualSize ? qsTr("Fit into the window") : qsTr("Actual size")
                    keys: "Z"
                    enabled: page.viewer.status === Album.Shown
                    onClicked: page.isActualSize = !page.isActualSize
                }
                IconButton {
                    glyph: "previous"
                    text: qsTr("Previous")
                    keys: "←"
                    onClicked: page.viewer.go(-1)
                }
                IconButton {
                    glyph: "next"
                    text: qsTr("Next")
                    keys: "→"
                    onClicked: page.viewer.go(1)
                }
            }
        }
        Rectangle {
            implicitHeight: 1
            color: Theme.line
            Layout.fillWidth: true
        }
        Item {
            Layout.fillWidth: true
            Layout.fillHeight: true

            Flickable {
                id: stage

                anchors.fill: parent
                anchors.margins: Theme.margin
                clip: true
                contentWidth: picture.width
                contentHeight: picture.height
                interactive: page.isActualSize

                Image {
                    id: picture

                    readonly property real actualWidth: sourceSize.width / Screen.devicePixelRatio
                    readonly property real actualHeight: sourceSize.height / Screen.devicePixelRatio
                    readonly property bool isSmall: actualWidth <= stage.width && actualHeight <= stage.height

                    x: Math.max(0, (stage.width - width) / 2)
                    y: Math.max(0, (stage.height - height) / 2)
                    width: page.isActualSize || isSmall ? actualWidth : stage.width
                    height: page.isActualSize || isSmall ? actualHeight : stage.height
                    source: page.viewer.source
                    cache: false
                    smooth: !page.isActualSize
                    fillMode: Image.PreserveAspectFit
                    Accessible.role: Accessible.Graphic
                    Accessible.name: page.viewer.name
                }
            }
            ColumnLayout {
                anchors.centerIn: parent
                width: Math.min(360, parent.width - 2 * Theme.margin)
                visible: page.viewer.status !== Album.Shown
                spacing: Theme.margin

                Glyph {
                    name: page.isBusy ? "picture" : page.viewer.status === Album.Failed ? "warning" : "stop"
                    size: 40
                    color: page.viewer.status === Album.Failed ? Theme.bad : Theme.muted
                    Layout.alignment: Qt.AlignHCenter
                }
                BodyText {
                    text: {
                        switch (page.viewer.status) {
                        case Album.Failed:
                            return page.viewer.reason;
                        case Album.Canceled:
                            return qsTr("Canceled");
                        case Album.Decoding:
                            return qsTr("Decoding in a worker: %1 %").arg(Math.round(page.viewer.progress * 100));
                        default:
                            return qsTr("Waiting for a worker");
                        }
                    }
                    wrapMode: Text.Wrap
                    horizontalAlignment: Text.AlignHCenter
                    Layout.fillWidth: true
                }
                Meter {
                    visible: page.isBusy
                    done: page.viewer.progress
                    Layout.fillWidth: true
                }
                TextButton {
                    text: page.isBusy ? qsTr("Cancel") : qsTr("Retry")
                    Layout.alignment: Qt.AlignHCenter
                    onClicked: page.isBusy ? page.viewer.cancel() : page.viewer.retry()
                }
            }
        }
    }
}
