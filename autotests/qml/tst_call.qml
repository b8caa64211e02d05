// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import Prefork

PatientTestCase {
    id: test
    name: "Call"
    when: windowShown

    Client {
        id: pool
        name: "quick"
        maxWorkers: 2
    }
    SignalSpy {
        id: unhandled
        target: pool
        signalName: "unhandledError"
    }
    Component {
        id: spyComponent
        SignalSpy {}
    }

    // What a Call has said, in order.
    component Watched: Call {
        property var log: []
        method: "echo"
        onFinished: result => log.push(["finished", result])
        onFailed: error => log.push(["failed", error.code])
        onCanceled: log.push(["canceled"])
        onEvent: (name, args) => log.push([name, ...args])
    }
    Component {
        id: watchedComponent
        Watched {
            client: pool // qmllint disable unqualified
        }
    }
    Component {
        id: quietComponent
        Call {
            client: pool // qmllint disable unqualified
            method: "fail"
        }
    }

    function init(): void {
        unhandled.clear();
    }

    function make(properties: var): var {
        const call = createTemporaryObject(watchedComponent, test, properties);
        verify(call);
        return call;
    }

    // The workers have nothing to do any more.
    function tryIdle(): void {
        waitUntil(() => pool.idleWorkers === pool.workers && pool.workers > 0);
    }

    function test_defaults(): void {
        const call = make({});
        compare(call.status, Call.Idle);
        compare(call.running, false);
        compare(call.args, undefined);
        compare(call.result, undefined);
        compare(call.error, null);
        compare(call.autoStart, false);
        compare(call.runTimeout, -1);
        compare(call.deadline, -1);
        compare(call.priority, 0);
        compare(call.progress.fraction, 0);
        wait(1);
        compare(call.log, []);
    }

    function test_start(): void {
        const call = make({args: [7], placeholder: "…"});
        compare(call.result, "…");
        call.start();
        compare(call.status, Call.Running);
        verify(call.running);
        compare(call.result, "…");
        waitCompare(call, "status", Call.Finished);
        verify(!call.running);
        compare(call.result, 7);
        compare(call.log, [["finished", 7]]);
        call.placeholder = "other";
        compare(call.result, 7);
    }

    function test_autoStart(): void {
        const call = make({args: [1], autoStart: true});
        compare(call.status, Call.Running);
        waitCompare(call, "status", Call.Finished);
        call.args = [2];
        call.args = [3];
        call.method = "describe";
        compare(call.status, Call.Finished); // until the event loop turns
        waitUntil(() => call.log.length === 2);
        wait(20);
        compare(call.log, [["finished", 1], ["finished", "[qlonglong 3]"]]);
        call.autoStart = false;
        call.args = [4];
        wait(20);
        compare(call.log.length, 2);
        call.autoStart = true;
        waitUntil(() => call.log.length === 3);
    }

    property int number: 1
    function test_binding(): void {
        const call = make({autoStart: true});
        call.args = Qt.binding(() => [test.number]);
        waitUntil(() => call.result === 1);
        test.number = 5;
        waitUntil(() => call.result === 5);
        call.args = [];
    }

    // A run that is replaced says nothing any more.
    function test_restart(): void {
        const call = make({method: "sleep", args: [60000, 1]});
        call.start();
        wait(20);
        call.args = [0, 2];
        call.start();
        compare(call.status, Call.Running);
        waitCompare(call, "status", Call.Finished);
        compare(call.log, [["finished", 2]]);
        tryIdle();
    }

    function test_fail(): void {
        const call = make({method: "echo", args: [1], placeholder: "none"});
        call.start();
        waitCompare(call, "status", Call.Finished);
        call.method = "fail";
        call.args = ["oh", [1]];
        call.start();
        compare(call.result, 1);
        waitCompare(call, "status", Call.Failed);
        compare(call.result, "none");
        compare(call.error.message, "oh");
        compare(call.error.data, [1]);
        verify(call.error instanceof Error);
        verify(call.error.fileName.endsWith("tst_call.qml"));
        verify(call.error.lineNumber > 0);
        compare(call.log, [["finished", 1], ["failed", ErrorCode.WorkerError]]);
        call.method = "echo";
        call.start();
        compare(call.error, null);
        waitCompare(call, "status", Call.Finished);
    }

    function test_cancel(): void {
        const call = make({method: "sleep", args: [60000]});
        call.cancel(); // nothing to cancel
        compare(call.status, Call.Idle);
        call.start();
        call.cancel();
        compare(call.status, Call.Canceled);
        compare(call.error.code, ErrorCode.Canceled);
        compare(call.log, [["canceled"]]);
        call.cancel();
        wait(20);
        compare(call.log, [["canceled"]]);
        call.args = [0, 1];
        call.start();
        waitCompare(call, "status", Call.Finished);
        compare(call.error, null);
    }

    function test_options(): void {
        const call = make({method: "sleep", args: [60000], runTimeout: 50, priority: 3});
        call.start();
        waitCompare(call, "status", Call.Failed);
        compare(call.error.code, ErrorCode.Timeout);
        call.runTimeout = -1;
        call.deadline = 50;
        call.start();
        waitCompare(call, "status", Call.Failed);
        compare(call.error.code, ErrorCode.Timeout);
        compare(call.priority, 3);
    }

    function test_progressAndEvents(): void {
        if (pool.protocol === Client.Json)
            skip("JSON has no progress and no events");
        const call = make({method: "count", args: [3]});
        const progress = createTemporaryObject(spyComponent, test, {target: call, signalName: "progressChanged"});
        call.start();
        waitCompare(call, "status", Call.Finished);
        compare(call.log, [["step", 1, "of"], ["step", 2, "of"], ["step", 3, "of"], ["finished", 3]]);
        verify(progress.count > 0);
        compare(call.progress.value, 3);
        compare(call.progress.maximum, 3);
        compare(call.progress.text, "step 3");
        compare(call.progress.fraction, 1);
        call.start();
        compare(call.progress.fraction, 0);
        waitCompare(call, "status", Call.Finished);
    }

    function test_badArgs(): void {
        const call = make({args: "abc"});
        call.start();
        compare(call.status, Call.Running);
        waitCompare(call, "status", Call.Failed);
        compare(call.error.message, "arguments: an array was expected, but this is a string");
        call.args = [() => 1];
        call.start();
        waitCompare(call, "status", Call.Failed);
        compare(call.error.code, ErrorCode.BadArguments);
    }

    function test_noClient(): void {
        const call = make({client: null});
        call.start();
        waitCompare(call, "status", Call.Failed);
        compare(call.error.code, ErrorCode.Unavailable);
        call.client = pool;
        call.start();
        waitCompare(call, "status", Call.Finished);
    }

    function test_clientIsDestroyed(): void {
        const other = createTemporaryQmlObject("import Prefork; Client { maxWorkers: 1 }", test);
        const call = make({client: other, method: "sleep", args: [60000]});
        const changes = createTemporaryObject(spyComponent, test, {target: call, signalName: "clientChanged"});
        call.start();
        other.destroy();
        waitCompare(call, "status", Call.Failed);
        compare(changes.count, 1);
        compare(call.error.code, ErrorCode.Shutdown);
        compare(call.client, null);
    }

    function test_unhandled(): void {
        ignoreWarning(new RegExp("tst_call.qml:[0-9]+: the call of 'fail' failed: Error: oh"));
        const call = createTemporaryObject(quietComponent, test, {args: ["oh"]});
        call.start();
        waitCompare(unhandled, "count", 1);
        compare(unhandled.signalArguments[0][0].message, "oh");
    }

    // What starts by itself has the line of the Call.
    function test_unhandledAutoStart(): void {
        ignoreWarning(new RegExp("tst_call.qml:43:[0-9]+: QML Call: the call of 'fail' failed: Error: oh"));
        const parent = createTemporaryQmlObject("import QtQuick; Loader {}", test);
        parent.sourceComponent = Qt.binding(() => quietComponent);
        parent.item.args = Qt.binding(() => ["oh"]);
        Qt.callLater(() => { parent.item.autoStart = true; });
        waitCompare(unhandled, "count", 1);
        verify(parent.item.error.fileName.endsWith("tst_call.qml"));
    }

    Call {
        id: bound
        client: pool
        method: "fail"
        args: ["bound"]
    }
    Text {
        text: bound.error ? bound.error.message : ""
        id: shown
    }
    function test_boundErrorIsHandled(): void {
        bound.start();
        waitCompare(shown, "text", "bound");
        wait(5);
        compare(unhandled.count, 0);
    }

    // Each handler sees the whole outcome, and may begin the next run.
    function test_startInHandler(): void {
        const call = make({args: [0]});
        let rest = 3;
        call.finished.connect(result => {
            compare(call.status, Call.Finished);
            compare(call.result, result);
            if (--rest > 0) {
                call.args = [result + 1];
                call.start();
            }
        });
        call.start();
        waitUntil(() => rest === 0);
        compare(call.log, [["finished", 0], ["finished", 1], ["finished", 2]]);
    }

    function test_destroyCancels(): void {
        const call = watchedComponent.createObject(test, {client: pool, method: "sleep", args: [60000]}) as Call;
        call.start();
        waitUntil(() => pool.idleWorkers < pool.workers || pool.workers === 0);
        call.destroy();
        tryIdle();
    }

    function test_destroyedInItsHandler_data(): var {
        return [{tag: "finished"}, {tag: "statusChanged"}, {tag: "resultChanged"}, {tag: "runningChanged"}];
    }
    function test_destroyedInItsHandler(row: var): void {
        const loader = createTemporaryQmlObject("import QtQuick; Loader {}", test);
        loader.sourceComponent = watchedComponent;
        const call = loader.item;
        call.client = pool;
        call.args = [1];
        let isUnloaded = false;
        call[row.tag].connect(() => {
            if (call.result === 1 && loader.active) {
                loader.active = false;
                isUnloaded = true;
            }
        });
        call.start();
        waitUntil(() => isUnloaded);
        wait(5);
    }

    // While it runs, it is not garbage.
    function test_collection(): void {
        const results = [];
        for (let i = 0; i < 5; ++i) {
            const call = watchedComponent.createObject(null, {client: pool, method: "sleep", args: [50, i]}) as Call;
            call.finished.connect(result => results.push(result));
            call.start();
        }
        gc();
        wait(10);
        gc();
        waitCompare(results, "length", 5);
        gc();
        wait(1);
    }

    function test_tenThousand(): void {
        for (let i = 0; i < 10000; ++i) {
            const call = watchedComponent.createObject(null, {client: pool, autoStart: true, args: [i]});
            call.destroy();
            if (i % 1000 === 0)
                wait(0);
        }
        const call = make({args: ["after"]});
        call.start();
        waitCompare(call, "status", Call.Finished);
        gc();
        compare(unhandled.count, 0);
    }
}
