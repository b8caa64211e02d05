// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Dialogs
import Demo
import Gallery

// The window: header, pictures, and the pool view, at the side or, where there is little room, below.
Rectangle {
    id: main

    required property Gallery gallery
    readonly property bool isSplit: width >= 840
    readonly property int panelWidth: width >= 1800 ? 460 : 360

    color: Theme.background

    Binding {
        target: Theme
        property: "dark"
        value: main.gallery.dark
    }
    Binding { // there is nothing to measure in a window at rest
        target: main.gallery.frames
        property: "running"
        value: main.gallery.album.waiting + main.gallery.album.decoding > 0 || main.gallery.notice !== ""
            || grid.moving || (page.visible && page.isBusy)
    }

    Header {
        id: header

        width: parent.width
        enabled: !page.visible
        gallery: main.gallery
        onFolderWanted: chooser.open()
        onSettingsWanted: opener => main.openSettings(opener)
    }
    PictureGrid {
        id: grid

        gallery: main.gallery
        enabled: !page.visible
        anchors.top: header.bottom
        anchors.left: parent.left
        anchors.right: main.isSplit ? panel.left : parent.right
        anchors.bottom: main.isSplit ? parent.bottom : panel.top
    }
    Rectangle {
        color: Theme.line
        anchors.left: main.isSplit ? panel.left : parent.left
        anchors.top: panel.top
        width: main.isSplit ? 1 : parent.width
        height: main.isSplit ? panel.height : 1
        visible: !page.visible
        z: 1
    }
    PoolPanel {
        id: panel

        pool: main.gallery.pool
        noDeaths: qsTr("No worker has died. The chaos switch changes that.")
        extra: FrameSection {
            meter: main.gallery.frames
        }
        enabled: !page.visible
        anchors.right: parent.right
        anchors.bottom: parent.bottom
        width: main.isSplit ? main.panelWidth : parent.width
        height: main.isSplit ? parent.height - header.height : Math.round((parent.height - header.height) * 0.46)
    }
    ViewerPage {
        id: page

        anchors.fill: parent
        viewer: main.gallery.viewer
        onVisibleChanged: {
            if (!visible)
                backSoon.start()
        }

        property int lastRow: -1

        Connections {
            target: main.gallery.viewer

            function onChanged(): void {
                if (main.gallery.viewer.row >= 0)
                    page.lastRow = main.gallery.viewer.row;
            }
        }
    }
    SettingsPopup {
        id: settings

        gallery: main.gallery
        parent: main
    }
    FolderDialog {
        id: chooser

        title: qsTr("Open a folder of pictures")
        parentWindow: main.Window.window
        onAccepted: main.gallery.openFolder(selectedFolder)
    }
    DropArea {
        anchors.fill: parent
        onDropped: drop => {
            if (drop.hasUrls)
                main.gallery.openFolder(drop.urls[0]);
        }
    }

    Timer { // when the viewer has closed and the grid is enabled again
        id: backSoon

        interval: 0
        onTriggered: {
            if (page.lastRow >= 0)
                grid.currentIndex = page.lastRow;
            grid.forceActiveFocus();
        }
    }
    function openSettings(opener: Item): void {
        const corner = opener.mapToItem(main, opener.width, opener.height);
        settings.x = Math.max(Theme.step, corner.x - settings.implicitWidth);
        settings.y = corner.y + Theme.step;
        settings.open();
    }

    Shortcut {
        sequence: "Ctrl+O"
        onActivated: chooser.open()
    }
    Shortcut {
        sequence: "F5"
        onActivated: main.gallery.album.decodeAgain()
    }
    Shortcut {
        sequence: "R"
        onActivated: page.visible ? main.gallery.viewer.retry() : main.gallery.album.retryAll()
    }
    Shortcut {
        sequence: "C"
        onActivated: page.visible ? main.gallery.viewer.cancel() : main.gallery.album.cancelAll()
    }
    Shortcut {
        sequence: "X"
        onActivated: main.gallery.chaos = !main.gallery.chaos
    }
    Shortcut {
        sequence: "D"
        onActivated: main.gallery.dark = !main.gallery.dark
    }
    Shortcut {
        sequence: "Ctrl+,"
        onActivated: main.openSettings(header.settingsButton)
    }
    Shortcut {
        sequence: "Ctrl+Q"
        onActivated: Qt.quit()
    }
}
