// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Controls.Basic
import Demo // for PoolView: the files of the module need no import, but its C++ types do

// The pool view: workers, figures, charts, deaths; in two columns where there is room.
Flickable {
    id: panel

    required property PoolView pool
    property alias extra: extras.data // what a program has besides, after the charts
    property string noDeaths: qsTr("No worker has died.")
    property int slowAfter: 1500 // ms
    readonly property int inner: width - 2 * Theme.margin
    readonly property bool isWide: width >= 760
    readonly property int chartHeight: Math.max(84, Math.min(480, (height - 155) / 2)) // both are in view

    function last(list: var): real {
        return list.length ? list[list.length - 1] : 0;
    }

    function inWords(ms: real): string {
        if (ms === 0) // no call has ended yet
            return "–";
        if (ms < 10)
            return ms < 0.1 ? "<0.1" : ms.toFixed(1);
        return ms < 1000 ? String(Math.round(ms)) : (ms / 1000).toFixed(1);
    }
    function unitOf(ms: real): string {
        return ms === 0 ? "" : ms < 1000 ? qsTr("ms") : qsTr("s");
    }

    contentHeight: Math.max(height, layout.implicitHeight + 2 * Theme.margin)
    clip: true
    boundsBehavior: Flickable.StopAtBounds
    activeFocusOnTab: true
    Accessible.role: Accessible.Pane
    Accessible.name: qsTr("Worker pool")

    Keys.onUpPressed: flick(0, 600)
    Keys.onDownPressed: flick(0, -600)

    ScrollBar.vertical: ThinBar {}

    FocusRing {
        parent: panel
        anchors.margins: 2
        active: panel.activeFocus
    }
    GridLayout {
        id: layout

        x: Theme.margin
        y: Theme.margin
        width: panel.inner
        height: panel.contentHeight - 2 * Theme.margin
        columns: panel.isWide ? 2 : 1
        columnSpacing: 2 * Theme.margin
        rowSpacing: Theme.margin

        ColumnLayout {
            spacing: Theme.step * 2
            Layout.alignment: Qt.AlignTop
            Layout.fillWidth: true
            Layout.preferredWidth: 1

            SectionTitle {
                text: qsTr("Workers")
                note: qsTr("%1 of %2 busy").arg(panel.pool.busyCount).arg(panel.pool.workerCount)
                Layout.fillWidth: true
            }
            GridLayout {
                id: tiles

                columns: Math.max(1, Math.floor((width + columnSpacing) / (150 + columnSpacing)))
                columnSpacing: Theme.step * 2
                rowSpacing: Theme.step * 2
                Layout.fillWidth: true

                Repeater {
                    model: panel.pool.workers

                    delegate: WorkerTile {
                        required property var model

                        pool: panel.pool
                        slowAfter: panel.slowAfter
                        workerState: model.state
                        Layout.fillWidth: true
                        Layout.preferredWidth: 1
                    }
                }
            }
            Caption {
                visible: panel.pool.workerCount === 0
                text: qsTr("There is no worker at the moment.")
                Layout.fillWidth: true
            }
        }
        ColumnLayout {
            spacing: Theme.margin
            Layout.rowSpan: panel.isWide ? 2 : 1
            Layout.fillWidth: true
            Layout.fillHeight: panel.isWide
            Layout.preferredWidth: 1
            Layout.alignment: Qt.AlignTop

            RowLayout {
                spacing: Theme.gap
                Layout.fillWidth: true

                Figure {
                    value: Theme.inGroups(panel.pool.waiting)
                    label: qsTr("in line")
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                }
                Figure {
                    value: Theme.inGroups(Math.round(panel.last(panel.pool.throughput)))
                    label: qsTr("per second")
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                }
                Figure {
                    value: panel.inWords(panel.last(panel.pool.p50))
                    unit: panel.unitOf(panel.last(panel.pool.p50))
                    label: qsTr("p50")
                    mark: Theme.accent
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                }
                Figure {
                    value: panel.inWords(panel.last(panel.pool.p99))
                    unit: panel.unitOf(panel.last(panel.pool.p99))
                    label: qsTr("p99")
                    mark: Theme.second
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                }
            }
            SectionTitle {
                text: qsTr("Throughput")
                note: qsTr("calls per second")
                Layout.fillWidth: true
                Layout.bottomMargin: -Theme.step * 2
            }
            Chart {
                name: qsTr("Calls a second")
                values: panel.pool.throughput
                hasFoot: panel.isWide
                Layout.fillWidth: true
                Layout.fillHeight: panel.isWide
                Layout.maximumHeight: panel.isWide ? panel.chartHeight : implicitHeight
            }
            SectionTitle {
                text: qsTr("Latency")
                note: qsTr("in a worker: p50 and p99")
                Layout.fillWidth: true
                Layout.bottomMargin: -Theme.step * 2
            }
            Chart {
                name: qsTr("Milliseconds in a worker, median")
                values: panel.pool.p50
                others: panel.pool.p99
                unit: qsTr("ms")
                Layout.fillWidth: true
                Layout.fillHeight: panel.isWide
                Layout.maximumHeight: panel.isWide ? panel.chartHeight : implicitHeight
            }
            ColumnLayout {
                id: extras

                visible: children.length > 0
                Layout.fillWidth: true
            }
        }
        ColumnLayout {
            spacing: Theme.step * 2
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.preferredWidth: 1
            Layout.minimumHeight: 100

            SectionTitle {
                text: qsTr("Deaths")
                note: String(panel.pool.deathCount)
                Layout.fillWidth: true
            }
            DeathList {
                model: panel.pool.deaths
                emptyText: panel.noDeaths
                Layout.fillWidth: true
                Layout.fillHeight: true
            }
        }
    }
}
