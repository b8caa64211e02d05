// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtTest
import Prefork

PatientTestCase {
    id: test
    name: "Models"
    width: 400
    height: 400
    visible: true
    when: windowShown

    Component {
        id: clientComponent
        Client {
            minWorkers: 1
            maxWorkers: 1
            reuseAfterError: true
        }
    }
    Component {
        id: workersComponent
        WorkerModel {
            property int changes: 0
            onClientChanged: ++changes
        }
    }
    Component {
        id: logComponent
        CallLog {}
    }
    Component {
        id: latenciesComponent
        LatencyModel {}
    }
    Component {
        id: spyComponent
        SignalSpy {}
    }
    Component {
        id: workerList
        ListView {
            width: 400
            height: 400
            delegate: Item {
                required property int pid
                required property int state
                required property string method
                required property int runningFor
                required property int callsServed
                required property string lastDeath
                height: 20
            }
        }
    }
    Component {
        id: callList
        ListView {
            width: 400
            height: 400
            delegate: Item {
                required property date settledAt
                required property string method
                required property int outcome
                required property real timeInLine
                required property real timeRunning
                required property string errorText
                required property int errorCode
                height: 20
            }
        }
    }
    Component {
        id: latencyList
        ListView {
            width: 400
            height: 400
            delegate: Item {
                required property string method
                required property int finished
                required property int failed
                required property int canceled
                required property real p50
                required property real p90
                required property real p99
                required property real longest
                height: 20
            }
        }
    }
    Component {
        id: tableComponent
        TableView {
            width: 400
            height: 400
            delegate: Text {
                required property string display
                text: display
                padding: 9
            }
        }
    }
    Component {
        id: pageComponent
        Item { // the models come before their client, as they may in a file
            property alias rows: workers
            property alias calls: log
            property alias times: latencies
            property alias pool: client

            WorkerModel {
                id: workers
                client: client
            }
            CallLog {
                id: log
                client: client
            }
            LatencyModel {
                id: latencies
                client: client
            }
            Client {
                id: client
                maxWorkers: 1
            }
        }
    }

    function make(component: Component, properties: var): var {
        return createTemporaryObject(component, test, properties);
    }
    // Returns the delegate of a row, which has the roles as properties.
    function row(list: var, index: int): var {
        list.forceLayout();
        return list.itemAtIndex(index);
    }
    function done(caller: var, method: string, args: var): void {
        let isOver = false;
        caller.call(method, args, () => { isOver = true; }, () => { isOver = true; });
        waitUntil(() => isOver);
    }

    function test_withoutClient(): void {
        for (const component of [workersComponent, logComponent, latenciesComponent]) {
            const model = make(component, {});
            compare(model.client, null);
            compare(model.rowCount(), 0);
        }
        compare(make(logComponent, {}).limit, 100);
    }

    function test_enumerations(): void {
        compare([WorkerModel.Empty, WorkerModel.Connecting, WorkerModel.Idle, WorkerModel.Held, WorkerModel.Running,
            WorkerModel.Releasing, WorkerModel.Leaving], [0, 1, 2, 3, 4, 5, 6]);
        compare([CallLog.Finished, CallLog.Failed, CallLog.Canceled], [0, 1, 2]);
    }

    function test_workers(): void {
        const client = make(clientComponent, {});
        if (client.protocol === Client.Json)
            skip("JSON clients are not told their workers' pids");
        const workers = make(workersComponent, {client: client});
        compare(workers.client, client);
        const list = make(workerList, {model: workers});
        waitCompare(list, "count", 1);
        waitUntil(() => row(list, 0).state === WorkerModel.Idle);
        const pid = row(list, 0).pid;
        verify(pid > 0);
        compare(row(list, 0).callsServed, 0);
        compare(row(list, 0).lastDeath, "");

        let result = 0;
        client.call("sleep", [2000, 7], r => { result = r; });
        waitUntil(() => row(list, 0).state === WorkerModel.Running);
        compare(row(list, 0).method, "sleep");
        waitUntil(() => row(list, 0).runningFor > 0); // while it runs, without other news
        compare(result, 0);
        waitUntil(() => row(list, 0).callsServed === 1);
        compare(row(list, 0).method, "");
        compare(row(list, 0).runningFor, 0);
        compare(row(list, 0).pid, pid);

        const died = make(spyComponent, {target: workers, signalName: "workerDied"});
        done(client, "crash", []);
        waitCompare(died, "count", 1);
        compare(died.signalArguments[0][0], pid);
        compare(died.signalArguments[0][1], "the worker was killed by SIGKILL");
        waitUntil(() => row(list, 0).lastDeath === "the worker was killed by SIGKILL");
        waitUntil(() => row(list, 0).state === WorkerModel.Idle);
        verify(row(list, 0).pid !== pid);
        compare(row(list, 0).callsServed, 0);

        let isOver = false;
        client.withCheckout(c => c.promise("echo", [1]).then(() => {
            waitUntil(() => row(list, 0).state === WorkerModel.Held);
            isOver = true;
        })).catch(e => fail(e.message));
        waitUntil(() => isOver);
        waitUntil(() => row(list, 0).state === WorkerModel.Idle);
    }

    function test_table(): void {
        const client = make(clientComponent, {});
        const workers = make(workersComponent, {client: client});
        const table = make(tableComponent, {model: workers});
        waitCompare(table, "rows", 1);
        compare(table.columns, 6);
        compare(workers.headerData(4, Qt.Horizontal), "Calls served");
        waitUntil(() => workers.data(workers.index(0, 1)) === "idle");
        const calls = make(tableComponent, {model: make(logComponent, {client: client})});
        const times = make(tableComponent, {model: make(latenciesComponent, {client: client})});
        done(client, "echo", [1]);
        waitCompare(calls, "rows", 1);
        compare(calls.columns, 6);
        compare(calls.model.data(calls.model.index(0, 2)), "finished");
        waitCompare(times, "rows", 1);
        compare(times.columns, 8);
    }

    function test_calls(): void {
        const client = make(clientComponent, {});
        const log = make(logComponent, {client: client});
        compare(log.client, client);
        const list = make(callList, {model: log});
        const before = Date.now();
        done(client, "sleep", [30]);
        done(client, "fail", ["oh"]);
        client.call("sleep", [50]);
        client.call("sleep", [60000]).cancel(); // while it waits for the one before
        waitCompare(list, "count", 4);
        const [canceled, failed, finished] = [row(list, 1), row(list, 2), row(list, 3)];
        compare([canceled.method, failed.method, finished.method], ["sleep", "fail", "sleep"]);
        compare([canceled.outcome, failed.outcome, finished.outcome],
            [CallLog.Canceled, CallLog.Failed, CallLog.Finished]);
        compare([failed.errorText, failed.errorCode], ["oh", ErrorCode.WorkerError]);
        compare([finished.errorText, finished.errorCode], ["", ErrorCode.NoError]);
        verify(finished.timeRunning > 0 && finished.timeInLine >= 0);
        verify(finished.timeInLine + finished.timeRunning >= 30);
        compare(canceled.timeRunning, 0);
        for (const call of [canceled, failed, finished]) // a second for clocks that are set
            verify(call.settledAt.getTime() >= before - 1000 && call.settledAt.getTime() <= Date.now() + 1000);

        const limited = make(spyComponent, {target: log, signalName: "limitChanged"});
        log.limit = 2;
        compare(log.limit, 2);
        compare(limited.count, 1);
        compare(list.count, 2);
        done(client, "echo", [1]);
        waitUntil(() => row(list, 0).method === "echo");
        compare(list.count, 2);
        log.clear();
        compare(list.count, 0);
    }

    function test_latencies(): void {
        const client = make(clientComponent, {});
        const latencies = make(latenciesComponent, {client: client});
        compare(latencies.client, client);
        const list = make(latencyList, {model: latencies});
        const changed = make(spyComponent, {target: latencies, signalName: "totalsChanged"});
        for (const ms of [20, 20, 20, 200])
            done(client, "sleep", [ms]);
        done(client, "fail", ["oh"]);
        client.call("sleep", [60000]).cancel();
        waitCompare(latencies, "canceled", 1);
        compare([latencies.finished, latencies.failed], [4, 1]);
        verify(latencies.p50 >= 19 && latencies.p50 < latencies.p99);
        verify(latencies.p90 >= 195 && latencies.p90 <= latencies.longest * 1.02);
        verify(latencies.longest >= 200);
        compare(latencies.percentile(50), latencies.p50);
        compare(latencies.percentile(100), latencies.longest);
        compare(latencies.percentile(99, "sleep"), latencies.p99);
        compare(latencies.percentile(50, "nothing"), 0);
        waitCompare(list, "count", 2);
        verify(changed.count > 0);
        waitUntil(() => row(list, 0).canceled === 1);
        const [sleep, failing] = [row(list, 0), row(list, 1)];
        compare([sleep.method, sleep.finished, sleep.failed], ["sleep", 4, 0]);
        compare([sleep.p50, sleep.p90, sleep.p99, sleep.longest],
            [latencies.p50, latencies.p90, latencies.p99, latencies.longest]);
        compare([failing.method, failing.finished, failing.failed, failing.p50], ["fail", 0, 1, 0]);
        latencies.reset();
        compare(list.count, 0);
        compare([latencies.finished, latencies.failed, latencies.canceled, latencies.longest], [0, 0, 0, 0]);
    }

    // The Client makes another pool of workers.
    function test_changedOptions(): void {
        const page = make(pageComponent, {});
        const changed = make(spyComponent, {target: page.rows, signalName: "clientChanged"});
        done(page.pool, "echo", [1]);
        waitCompare(page.times, "finished", 1);
        const pidOf = () => page.rows.data(page.rows.index(0, 0));
        const first = pidOf();
        verify(first > 0);

        let isOver = false;
        page.pool.call("sleep", [200], () => { isOver = true; });
        page.pool.idleTimeout = 30000;
        page.pool.name = "other";
        wait(0);
        done(page.pool, "describe", [1]);
        waitCompare(page.times, "finished", 2);
        waitUntil(() => pidOf() > 0 && pidOf() !== first);
        compare(page.rows.rowCount(), 1);
        waitUntil(() => page.calls.rowCount() === 2); // the rows stay
        compare(page.calls.data(page.calls.index(0, 1)), "describe");
        compare(page.calls.data(page.calls.index(1, 1)), "echo");
        waitUntil(() => isOver); // what the old pool has still done is not seen
        wait(0);
        compare(page.calls.rowCount(), 2);
        compare(page.rows.client, page.pool);
        compare(changed.count, 0); // the Client is the same
    }

    function test_anotherClient(): void {
        const [one, other] = [make(clientComponent, {}), make(clientComponent, {})];
        const watched = {client: one};
        const [workers, log, latencies] = [make(workersComponent, watched), make(logComponent, watched),
            make(latenciesComponent, watched)];
        const changed = make(spyComponent, {target: log, signalName: "clientChanged"});
        done(one, "echo", [1]);
        waitCompare(latencies, "finished", 1);
        for (const model of [workers, log, latencies])
            model.client = other;
        compare(changed.count, 1);
        done(one, "echo", [1]); // nobody looks
        done(other, "describe", [1]);
        waitCompare(latencies, "finished", 2);
        waitUntil(() => log.rowCount() === 2);
        compare(log.data(log.index(0, 1)), "describe");
        waitUntil(() => latencies.rowCount() === 2);
        waitCompare(workers, "client", other);
        one.maxWorkers = 2; // no news of it
        wait(0);
        done(other, "echo", [1]);
        waitCompare(latencies, "finished", 3);
        waitUntil(() => log.rowCount() === 3);

        for (const model of [workers, log, latencies])
            model.client = null;
        compare(changed.count, 2);
        compare(log.client, null);
        compare(workers.rowCount(), 0);
        compare(log.rowCount(), 3);
        compare(latencies.finished, 3);
        other.maxWorkers = 2;
        wait(0);
        done(other, "echo", [1]);
        compare(workers.rowCount(), 0);
        compare(log.rowCount(), 3);
    }

    function test_destroyedClient(): void {
        const client = clientComponent.createObject(test);
        const watched = {client: client};
        const [workers, log, latencies] = [make(workersComponent, watched), make(logComponent, watched),
            make(latenciesComponent, watched)];
        const changed = make(spyComponent, {target: workers, signalName: "clientChanged"});
        let error = null;
        waitUntil(() => workers.rowCount() === 1);
        client.call("sleep", [60000], null, e => { error = e; });
        client.destroy();
        waitUntil(() => error);
        compare([workers.client, log.client, latencies.client], [null, null, null]);
        compare(changed.count, 1);
        compare(workers.changes, 2);
        compare(workers.rowCount(), 0);
        compare(log.rowCount(), 1); // the call that failed with the client
        compare(latencies.failed, 1);
        const next = make(clientComponent, {});
        log.client = next;
        done(next, "echo", [1]);
        waitUntil(() => log.rowCount() === 2);
    }

    function test_closedClient(): void {
        const page = make(pageComponent, {});
        done(page.pool, "echo", [1]);
        page.pool.close(0);
        waitCompare(page.pool, "state", Client.Closed);
        waitUntil(() => page.calls.rowCount() === 1);
        compare(page.times.finished, 1);
    }
}
