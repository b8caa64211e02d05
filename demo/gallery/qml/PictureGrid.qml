// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls.Basic
import Demo
import Gallery

// The thumbnails. It tells the album which of them are in view, and how large they are.
GridView {
    id: grid

    required property Gallery gallery
    readonly property int columns: Math.max(2, Math.floor(inner / (wanted + Theme.gap)))
    readonly property int inner: width - 2 * Theme.margin + Theme.gap
    readonly property int wanted: width > 1500 ? 208 : 156
    readonly property real pixelRatio: Screen.devicePixelRatio
    readonly property int tileWidth: cellWidth - Theme.gap
    readonly property int tileHeight: Math.round(tileWidth * 3 / 4)

    function reportView(): void {
        const first = Math.max(0, Math.floor((contentY - originY) / cellHeight)) * columns;
        const rows = Math.ceil(height / cellHeight) + 1;
        gallery.album.showRows(first, first + rows * columns - 1);
    }
    function page(direction: int): void {
        const rows = Math.max(1, Math.floor(height / cellHeight));
        currentIndex = Math.max(0, Math.min(count - 1, currentIndex + direction * rows * columns));
    }
    function openCurrent(): void {
        if (currentIndex >= 0)
            gallery.viewer.show(currentIndex);
    }

    model: gallery.album
    leftMargin: Theme.margin
    rightMargin: Theme.margin - Theme.gap
    topMargin: Theme.margin
    bottomMargin: Theme.margin
    cellWidth: Math.floor(inner / columns)
    cellHeight: tileHeight + Theme.caption + 2 * Theme.gap + Theme.step
    clip: true
    focus: true
    activeFocusOnTab: true
    keyNavigationEnabled: true
    boundsBehavior: Flickable.StopAtBounds
    cacheBuffer: Math.max(0, height)
    pixelAligned: true
    Accessible.role: Accessible.List
    Accessible.name: qsTr("Pictures")

    onContentYChanged: reportView()
    onHeightChanged: reportView()
    onColumnsChanged: reportView()
    onCountChanged: {
        reportView();
        if (currentIndex < 0 && count > 0)
            currentIndex = 0;
    }
    onTileWidthChanged: resized.restart()
    onPixelRatioChanged: resized.restart()

    function applyTile(): void {
        if (tileWidth > 0)
            gallery.setTile(tileWidth, tileHeight, 6, pixelRatio);
    }

    Keys.onReturnPressed: openCurrent()
    Keys.onEnterPressed: openCurrent()
    Keys.onSpacePressed: {
        if (!gallery.album.retry(currentIndex))
            openCurrent();
    }
    Keys.onPressed: event => {
        switch (event.key) {
        case Qt.Key_PageUp:
            page(-1);
            break;
        case Qt.Key_PageDown:
            page(1);
            break;
        case Qt.Key_Home:
            currentIndex = 0;
            break;
        case Qt.Key_End:
            currentIndex = count - 1;
            break;
        default:
            return;
        }
        event.accepted = true;
    }

    delegate: Tile {
        id: tile

        width: grid.tileWidth
        height: grid.cellHeight - Theme.gap
        current: GridView.isCurrentItem && grid.activeFocus
        onOpened: {
            grid.forceActiveFocus();
            grid.currentIndex = tile.index;
            grid.openCurrent();
        }
    }

    ScrollBar.vertical: ThinBar {}

    // While the window is being resized the old thumbnails do.
    Timer {
        id: resized

        interval: grid.count === 0 ? 0 : 250
        onTriggered: grid.applyTile()
    }

    Column {
        parent: grid
        anchors.centerIn: parent
        visible: grid.count === 0
        width: Math.min(360, parent.width - 2 * Theme.margin)
        spacing: Theme.gap

        Glyph {
            anchors.horizontalCenter: parent.horizontalCenter
            name: "picture"
            size: 40
            color: Theme.muted
        }
        BodyText {
            width: parent.width
            text: grid.gallery.notice
            wrapMode: Text.Wrap
            horizontalAlignment: Text.AlignHCenter
            color: Theme.muted
        }
    }
}
