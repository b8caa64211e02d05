// SPDX-License-Identifier: MIT
import QtQuick
import QtQuick.Layouts
import Demo
import Gallery

// How evenly the window is drawn.
ColumnLayout {
    id: section

    required property FrameMeter meter

    spacing: Theme.step * 2
    Layout.fillWidth: true

    SectionTitle {
        text: qsTr("Frames")
        note: {
            const rate = section.meter.running ? qsTr("%1 per second").arg(section.meter.perSecond) : qsTr("at rest");
            return qsTr("%1 · longest %2 ms").arg(rate).arg(section.meter.longest.toFixed(0));
        }
        Layout.fillWidth: true
    }
    FrameStrip {
        meter: section.meter
        Layout.fillWidth: true
    }
}
