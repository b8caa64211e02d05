// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Layouts
import QtQuick.Controls.Basic
import Gallery

// The pool view: workers, figures, charts, frames, deaths.
Flickable {
    id: panel

    required property Gallery gallery
    readonly property PoolView pool: gallery.pool
    readonly property int inner: width - 2 * Theme.margin

    function last(list: var): real {
        return list.length ? list[list.length - 1] : 0;
    }

    function inWords(ms: real): string {
        return ms < 1000 ? String(Math.round(ms)) : (ms / 1000).toFixed(1);
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

    ColumnLayout {
        id: layout

        x: Theme.margin
        y: Theme.margin
        width: panel.inner
        height: panel.contentHeight - 2 * Theme.margin
        spacing: Theme.margin

        SectionTitle {
            text: qsTr("Workers")
            note: qsTr("%1 of %2 busy").arg(panel.pool.busyCount).arg(panel.pool.workerCount)
            Layout.fillWidth: true
            Layout.bottomMargin: -Theme.step * 2
        }
        GridLayout {
            columns: Math.max(1, Math.floor((panel.inner + Theme.gap) / (150 + Theme.gap)))
            columnSpacing: Theme.step * 2
            rowSpacing: Theme.step * 2
            Layout.fillWidth: true

            Repeater {
                model: panel.pool.workers

                delegate: WorkerTile {
                    required property var model

                    pool: panel.pool
                    workerState: model.state
                    Layout.fillWidth: true
                    Layout.preferredWidth: 1
                }
            }
        }
        RowLayout {
            spacing: Theme.gap
            Layout.fillWidth: true

            Figure {
                value: String(panel.pool.waiting)
                label: qsTr("in line")
                Layout.fillWidth: true
                Layout.preferredWidth: 1
            }
            Figure {
                value: String(Math.round(panel.last(panel.pool.throughput)))
                label: qsTr("per second")
                Layout.fillWidth: true
                Layout.preferredWidth: 1
            }
            Figure {
                value: panel.inWords(panel.last(panel.pool.p50))
                unit: panel.last(panel.pool.p50) < 1000 ? qsTr("ms") : qsTr("s")
                label: qsTr("p50")
                mark: Theme.accent
                Layout.fillWidth: true
                Layout.preferredWidth: 1
            }
            Figure {
                value: panel.inWords(panel.last(panel.pool.p99))
                unit: panel.last(panel.pool.p99) < 1000 ? qsTr("ms") : qsTr("s")
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
            hasFoot: false
            Layout.fillWidth: true
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
        }
        SectionTitle {
            text: qsTr("Frames")
            note: {
                const frames = panel.gallery.frames;
                const rate = frames.running ? qsTr("%1 per second").arg(frames.perSecond) : qsTr("at rest");
                return qsTr("%1 · longest %2 ms").arg(rate).arg(frames.longest.toFixed(0));
            }
            Layout.fillWidth: true
            Layout.bottomMargin: -Theme.step * 2
        }
        FrameStrip {
            meter: panel.gallery.frames
            Layout.fillWidth: true
        }
        SectionTitle {
            text: qsTr("Deaths")
            note: String(panel.pool.deathCount)
            Layout.fillWidth: true
            Layout.bottomMargin: -Theme.step * 2
        }
        DeathList {
            model: panel.pool.deaths
            Layout.fillWidth: true
            Layout.fillHeight: true
            Layout.minimumHeight: 64
        }
    }
}
