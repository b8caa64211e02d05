// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Monitor

// What is called, how many at a time, and what has come of it: on one line, or on three where there is little room.
ColumnLayout {
    id: bar

    required property CallLoop loop
    readonly property bool isNarrow: width < 720
    readonly property bool hasBegun: loop.running || loop.finished + loop.failed > 0
    readonly property string countText: {
        if (!hasBegun)
            return qsTr("Nothing is called yet.");
        const answered = qsTr("%1 answered").arg(Theme.inGroups(loop.finished));
        return loop.failed > 0 ? answered + " · " + qsTr("%1 failed").arg(Theme.inGroups(loop.failed)) : answered;
    }
    readonly property string lastText: {
        if (loop.problem)
            return loop.problem;
        if (loop.failed > 0)
            return qsTr("Last error: %1").arg(loop.lastError);
        return hasBegun ? qsTr("Last result: %1").arg(loop.lastResult) : qsTr("Enter a method and press Start, or F5.");
    }

    function toggle(): void {
        if (loop.running)
            loop.stop();
        else
            loop.start();
    }

    spacing: Theme.step * 2

    GridLayout {
        columns: bar.isNarrow ? 2 : 4
        columnSpacing: Theme.gap
        rowSpacing: Theme.step * 2
        Layout.fillWidth: true

        Field {
            name: qsTr("Method")
            placeholder: qsTr("such as echo")
            text: bar.loop.method
            Layout.columnSpan: bar.isNarrow ? 2 : 1
            Layout.fillWidth: true
            Layout.preferredWidth: 2
            onEdited: text => bar.loop.method = text
            onAccepted: bar.toggle()
            Component.onCompleted: input.forceActiveFocus()
        }
        Field {
            name: qsTr("Arguments")
            placeholder: qsTr("JSON or words, such as 5 hello [1, 2]")
            text: bar.loop.arguments
            Layout.columnSpan: bar.isNarrow ? 2 : 1
            Layout.fillWidth: true
            Layout.preferredWidth: 3
            onEdited: text => bar.loop.arguments = text
            onAccepted: bar.toggle()
        }
        ColumnLayout {
            spacing: Theme.step

            Caption {
                text: qsTr("At a time")
            }
            Stepper {
                name: qsTr("Calls at a time")
                from: 1
                to: bar.loop.most
                value: bar.loop.atATime
                onValueModified: bar.loop.atATime = value
            }
        }
        TextButton {
            text: bar.loop.running ? qsTr("Stop") : qsTr("Start")
            Accessible.description: qsTr("Key: F5")
            Layout.alignment: Qt.AlignBottom
            Layout.fillWidth: bar.isNarrow
            Layout.minimumWidth: 96
            onClicked: bar.toggle()
        }
    }
    ColumnLayout {
        spacing: 2
        Layout.fillWidth: true

        BodyText {
            text: bar.countText
            Layout.fillWidth: true
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
        BodyText {
            text: bar.lastText
            color: bar.loop.problem || bar.loop.failed > 0 ? Theme.bad : Theme.muted
            wrapMode: Text.Wrap
            maximumLineCount: bar.isNarrow ? 2 : 1
            Layout.fillWidth: true
            Accessible.role: Accessible.StaticText
            Accessible.name: text
        }
    }
}
