// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls
import QtQuick.Layouts
import Prefork

ApplicationWindow {
    id: window

    required property string file // what the form shows at first
    required property string play // "start" or "cancel": presses the buttons as a user would, and ends the program
    readonly property alias said: outcome.text

    title: qsTr("Checksum of a file")
    width: 560
    height: 200
    visible: true

    // [form]
    Client {
        id: workers
    }
    Call {
        id: checksum
        client: workers
        method: "checksum"
        args: [path.text]
    }
    ColumnLayout {
        anchors.fill: parent
        anchors.margins: 12
        TextField {
            id: path
            Layout.fillWidth: true
            placeholderText: qsTr("Path of a file")
            text: window.file
            enabled: !checksum.running
            onAccepted: checksum.start()
        }
        RowLayout {
            Button {
                id: start
                text: qsTr("Compute")
                enabled: path.text !== "" && !checksum.running
                onClicked: checksum.start()
            }
            Button {
                id: cancel
                text: qsTr("Cancel")
                enabled: checksum.running
                onClicked: checksum.cancel()
            }
        }
        ProgressBar {
            Layout.fillWidth: true
            visible: checksum.running
            value: checksum.progress.fraction
        }
        Label {
            id: outcome
            Layout.fillWidth: true
            wrapMode: Text.WrapAnywhere
            text: {
                switch (checksum.status) {
                case Call.Finished:
                    return checksum.result;
                case Call.Failed:
                    return checksum.error.message;
                case Call.Canceled:
                    return qsTr("Canceled");
                }
                return "";
            }
        }
    }
    // [form]

    Component.onCompleted: {
        if (play)
            start.clicked();
    }
    Connections {
        target: checksum
        function onProgressChanged(): void {
            if (window.play === "cancel" && checksum.progress.value > 0)
                cancel.clicked();
        }
        function onRunningChanged(): void {
            if (window.play && !checksum.running)
                Qt.quit();
        }
    }
}
