// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Monitor

// The window: the server, what is called, and the pool view.
Rectangle {
    id: main

    required property Monitor monitor

    color: Theme.background

    Binding {
        target: Theme
        property: "dark"
        value: main.monitor.dark
    }

    ColumnLayout {
        anchors.fill: parent
        spacing: 0

        Rectangle {
            color: Theme.surface
            implicitHeight: head.implicitHeight + Theme.gap + Theme.margin
            Layout.fillWidth: true

            ColumnLayout {
                id: head

                anchors.fill: parent
                anchors.leftMargin: Theme.margin
                anchors.rightMargin: Theme.margin
                anchors.topMargin: Theme.gap
                anchors.bottomMargin: Theme.margin
                spacing: Theme.gap

                TopBar {
                    monitor: main.monitor
                    Layout.fillWidth: true
                }
                CallBar {
                    id: calls

                    loop: main.monitor.loop
                    Layout.fillWidth: true
                }
            }
        }
        Rectangle {
            implicitHeight: 1
            color: Theme.line
            Layout.fillWidth: true
        }
        PoolPanel {
            pool: main.monitor.pool
            slowAfter: 10000
            Layout.fillWidth: true
            Layout.fillHeight: true
        }
    }

    Shortcut {
        sequence: "F5"
        onActivated: calls.toggle()
    }
    Shortcut {
        sequence: "Ctrl+D"
        onActivated: main.monitor.dark = !main.monitor.dark
    }
    Shortcut {
        sequence: "Ctrl+Q"
        onActivated: Qt.quit()
    }
}
