// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Gallery

// What is shown, how far it has come, and what can be done about it: on one line, or on two where there is little room.
Rectangle {
    id: header

    required property Gallery gallery
    readonly property Album album: gallery.album
    readonly property bool isNarrow: width < 920
    readonly property int unsettled: album.waiting + album.decoding
    readonly property int wrong: album.failed + album.canceled
    readonly property string statusText: {
        if (album.count === 0)
            return qsTr("No pictures"); // why is said where they would be
        const parts = gallery.notice ? [gallery.notice] : [];
        const isShort = unsettled === 0 || width < 1000; // there the bar below has to do
        const shown = qsTr("%1 shown").arg(album.shown);
        parts.push(isShort ? shown : qsTr("%1 of %2 shown").arg(album.shown).arg(album.count));
        if (album.failed > 0)
            parts.push(qsTr("%1 failed").arg(album.failed));
        if (album.canceled > 0)
            parts.push(qsTr("%1 canceled").arg(album.canceled));
        if (!isShort)
            parts.push(qsTr("%1 to go").arg(unsettled));
        return parts.join(" · ");
    }

    readonly property Item settingsButton: settings

    signal folderWanted
    signal settingsWanted(Item opener)

    color: Theme.surface
    implicitHeight: layout.implicitHeight + 2 * Theme.gap + 1

    GridLayout {
        id: layout

        anchors.fill: parent
        anchors.leftMargin: Theme.margin
        anchors.rightMargin: Theme.margin - Theme.step * 2
        anchors.topMargin: Theme.gap
        anchors.bottomMargin: Theme.gap + 1
        columns: header.isNarrow ? 1 : 2
        columnSpacing: Theme.margin
        rowSpacing: Theme.step

        ColumnLayout {
            spacing: 2
            Layout.fillWidth: true

            BodyText {
                text: header.gallery.folder
                font.pixelSize: Theme.display
                font.weight: Font.DemiBold
                Layout.fillWidth: true
                Accessible.role: Accessible.Heading
                Accessible.name: text
            }
            BodyText {
                text: header.statusText
                color: Theme.muted
                Layout.fillWidth: true
                Accessible.role: Accessible.StaticText
                Accessible.name: text
            }
        }
        RowLayout {
            spacing: Theme.step
            Layout.leftMargin: header.isNarrow ? -Theme.step * 2 : 0
            Layout.fillWidth: header.isNarrow

            IconButton {
                glyph: "folder"
                text: qsTr("Open a folder")
                keys: "Ctrl+O"
                onClicked: header.folderWanted()
            }
            IconButton {
                glyph: "again"
                text: qsTr("Decode all again")
                keys: "F5"
                enabled: header.album.count > 0
                onClicked: header.album.decodeAgain()
            }
            IconButton {
                glyph: "retry"
                text: qsTr("Retry what failed")
                keys: "R"
                label: header.isNarrow || header.wrong === 0 ? "" : qsTr("Retry %1").arg(header.wrong)
                enabled: header.wrong > 0
                onClicked: header.album.retryAll()
            }
            IconButton {
                glyph: "stop"
                text: qsTr("Cancel")
                keys: "C"
                label: header.isNarrow || header.unsettled === 0 ? "" : qsTr("Cancel")
                enabled: header.unsettled > 0
                onClicked: header.album.cancelAll()
            }
            ChaosSwitch {
                checked: header.gallery.chaos
                onToggled: header.gallery.chaos = checked
            }
            Item {
                Layout.fillWidth: true
            }
            IconButton {
                glyph: header.gallery.dark ? "sun" : "moon"
                text: header.gallery.dark ? qsTr("Light theme") : qsTr("Dark theme")
                keys: "D"
                onClicked: header.gallery.dark = !header.gallery.dark
            }
            IconButton {
                id: settings

                glyph: "settings"
                text: qsTr("Settings")
                keys: "Ctrl+,"
                onClicked: header.settingsWanted(settings)
            }
        }
    }
    Rectangle {
        anchors.bottom: parent.bottom
        width: parent.width
        height: 1
        color: Theme.line
    }
    Meter {
        anchors.bottom: parent.bottom
        width: parent.width
        implicitHeight: 3
        radius: 0
        visible: header.unsettled > 0
        done: header.album.count > 0 ? 1 - header.unsettled / header.album.count : 0
        wrong: header.album.count > 0 ? header.wrong / header.album.count : 0
    }
}
