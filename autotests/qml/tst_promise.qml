// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import Prefork

PatientTestCase {
    id: test
    name: "Promise"

    Client {
        id: client
        name: "quick"
        maxWorkers: 2
    }
    SignalSpy {
        id: unhandled
        target: client
        signalName: "unhandledError"
    }
    Component {
        id: pageComponent
        QtObject {}
    }

    function init(): void {
        unhandled.clear();
    }

    function outcome(promise: var): var {
        let outcome = null;
        promise.then(result => { outcome = {result: result}; }, error => { outcome = {error: error}; });
        waitUntil(() => outcome !== null);
        return outcome;
    }

    // Everything that is posted has had its turn, and timers of 0 ms after it.
    function settle(): void {
        for (let i = 0; i < 3; ++i)
            wait(1);
    }

    function test_chain(): void {
        const chain = client.promise("echo", [1]).then(one => client.promise("echo", [one + 1])).then(two => two * 2);
        verify(chain instanceof Promise);
        compare(outcome(chain).result, 4);
    }

    function test_all(): void {
        const all = Promise.all([client.promise("echo", [1]), client.promise("echo", [2]),
            client.promise("echo", [3])]);
        compare(outcome(all).result, [1, 2, 3]);
        const race = Promise.race([client.promise("sleep", [60000], {runTimeout: 3000}), client.promise("echo", [2])]);
        compare(outcome(race).result, 2);
    }

    function test_error(): void {
        const line = new Error().lineNumber + 1;
        const promise = client.promise("fail", ["oh", {code: 7}]);
        const error = outcome(promise).error;
        verify(error instanceof Error);
        compare(error.name, "Error");
        compare(error.toString(), "Error: oh");
        compare(error.message, "oh");
        compare(error.code, ErrorCode.WorkerError);
        compare(error.detail, "");
        compare(error.method, "fail");
        compare(error.data.code, 7);
        verify(error.fileName.endsWith("tst_promise.qml"), error.fileName);
        compare(error.lineNumber, line);
        verify(error.stack.startsWith("test_error@"), error.stack);
        verify(error.backTrace.includes(`tst_promise.qml:${line} - quick -> fail`), error.backTrace);
    }

    function test_ownErrorsHaveTraces(): void {
        const line = new Error().lineNumber + 1;
        const error = outcome(client.promise("echo", [undefined])).error;
        compare(error.lineNumber, line);
        compare(error.method, "echo");
        verify(error.backTrace.includes(`tst_promise.qml:${line}`), error.backTrace);
    }

    function test_codes(): void {
        compare(outcome(client.promise("nothing")).error.code, ErrorCode.NoSuchMethod);
        compare(outcome(client.promise("crash")).error.code, ErrorCode.WorkerLost);
        verify(outcome(client.promise("crash")).error.detail.includes("SIGKILL"));
        compare(outcome(client.promise("sleep", [60000], {deadline: 20})).error.code, ErrorCode.Timeout);
    }

    function test_cancel(): void {
        const promise = client.promise("sleep", [60000]);
        verify(promise.cancel());
        verify(!promise.cancel());
        const error = outcome(promise).error;
        compare(error.code, ErrorCode.Canceled);
        compare(error.method, "sleep");
        const late = client.promise("sleep", [60000]);
        let isRejected = false;
        late.catch(() => { isRejected = true; });
        wait(50); // it runs
        late.cancel();
        waitUntil(() => isRejected);
        const done = client.promise("echo", [1]);
        compare(outcome(done).result, 1);
        verify(!done.cancel());
    }

    // To cancel is not to be told of it.
    function test_canceledIsNotReported(): void {
        client.promise("sleep", [60000]).cancel();
        const page = pageComponent.createObject(null);
        client.promise("sleep", [10], page);
        page.destroy();
        outcome(client.promise("sleep", [50]));
        settle();
        compare(unhandled.count, 0);
    }

    function test_owner(): void {
        const page = pageComponent.createObject(null);
        const promises = [client.promise("sleep", [50], page), client.promise("sleep", [50], {owner: page}),
            client.withCheckout(c => c.promise("sleep", [50]), page)];
        page.destroy();
        for (const promise of promises)
            compare(outcome(promise).error.code, ErrorCode.Canceled);
        waitCompare(client, "idleWorkers", client.workers);
    }

    function warning(text: string): void {
        ignoreWarning(new RegExp("tst_promise.qml:[0-9]+: " + text));
    }

    function test_unhandled_data(): var {
        const own = "the call of 'fail' failed: Error: oh";
        const boom = () => { throw new Error("boom"); };
        const thrown = "the call of 'echo' failed: Error: boom \\(.*tst_promise.qml:[0-9]+\\)";
        return [
            {tag: "alone", make: () => client.promise("fail", ["oh"]), warning: own},
            {tag: "then", make: () => client.promise("fail", ["oh"]).then(() => 1), warning: own},
            {tag: "two thens", make: () => client.promise("fail", ["oh"]).then(() => 1).then(() => 2), warning: own},
            {tag: "throw in then", make: () => client.promise("echo").then(boom), warning: thrown},
            {tag: "throw in catch", make: () => client.promise("fail", ["x"]).catch(e => { throw e; }),
                warning: "the call of 'fail' failed: Error: x"},
            {tag: "no error", make: () => client.promise("echo").then(() => { throw "text"; }),
                warning: "the call of 'echo' failed: text"},
            {tag: "inner promise", make: () => client.promise("echo").then(() => client.promise("fail", ["oh"])),
                warning: "the call of 'echo' failed: Error: oh"},
            {tag: "all in a then",
                make: () => client.promise("echo").then(() => Promise.all([client.promise("fail", ["oh"])])),
                warning: "the call of 'echo' failed: Error: oh"},
            {tag: "race in a then",
                make: () => client.promise("echo").then(() => Promise.race([client.promise("fail", ["oh"])])),
                warning: "the call of 'echo' failed: Error: oh"},
            {tag: "withCheckout", make: () => client.withCheckout(c => c.promise("fail", ["oh"])),
                warning: "the promise of withCheckout\\(\\) was rejected: Error: oh"},
            {tag: "bad argument", make: () => client.promise("echo", [undefined]),
                warning: "the call of 'echo' failed: Error: arguments\\[0\\]: undefined cannot be sent"}
        ];
    }
    function test_unhandled(row: var): void {
        warning(row.warning);
        row.make();
        waitCompare(unhandled, "count", 1);
        settle();
        compare(unhandled.count, 1);
        verify(unhandled.signalArguments[0][0] !== undefined);
    }

    function test_unhandledCallbacks_data(): var {
        return [
            {tag: "no onError", make: () => client.call("fail", ["oh"], () => 1),
                warning: "the call of 'fail' failed: Error: oh"},
            {tag: "onResult throws", make: () => client.call("echo", [], () => { throw new Error("boom"); }),
                warning: "a callback of the call of 'echo' has thrown: Error: boom"},
            {tag: "onError throws", make: () => client.call("fail", ["oh"], null, () => { throw 5; }),
                warning: "a callback of the call of 'fail' has thrown: 5"},
            {tag: "onEvent throws", isNative: true,
                make: () => client.call("count", [1], null, null, {onEvent: () => { throw 6; }}),
                warning: "a callback of the call of 'count' has thrown: 6"},
            {tag: "onProgress throws", isNative: true,
                make: () => client.call("count", [1], null, null, {onProgress: () => { throw 7; }}),
                warning: "a callback of the call of 'count' has thrown: 7"}
        ];
    }
    function test_unhandledCallbacks(row: var): void {
        if (client.protocol === Client.Json && row.isNative)
            skip("JSON has no progress and no events");
        warning(row.warning);
        row.make();
        waitCompare(unhandled, "count", 1);
        settle();
        compare(unhandled.count, 1);
    }

    // An error that onResult returns is not thrown.
    function test_returnedErrorIsNone(): void {
        let isCalled = false;
        client.call("echo", [], () => { isCalled = true; return new Error("harmless"); });
        waitUntil(() => isCalled);
        settle();
        compare(unhandled.count, 0);
    }

    function test_handled_data(): var {
        return [
            {tag: "catch", make: () => client.promise("fail", ["oh"]).catch(() => 1)},
            {tag: "second argument", make: () => client.promise("fail", ["oh"]).then(() => 1, () => 2)},
            {tag: "catch at the end",
                make: () => client.promise("fail", ["oh"]).then(() => 1).then(() => 1).catch(() => 2)},
            {tag: "catch later",
                make: () => { const p = client.promise("fail", ["oh"]); Qt.callLater(() => p.catch(() => 1)); }},
            {tag: "all", make: () => Promise.all([client.promise("fail", ["oh"])]).catch(() => 1)},
            {tag: "returned",
                make: () => client.promise("echo").then(() => client.promise("fail", ["oh"])).catch(() => 1)},
            {tag: "fulfilled", make: () => client.promise("echo")}
        ];
    }
    function test_handled(row: var): void {
        row.make();
        outcome(client.promise("sleep", [20]));
        settle();
        compare(unhandled.count, 0);
    }

    function test_inSlot(): void {
        const codes = [];
        const take = error => codes.push(error.code);
        client.unhandledError.connect(take);
        warning("the call of 'fail' failed: Error: oh");
        client.promise("fail", ["oh"]);
        waitCompare(codes, "length", 1);
        client.unhandledError.disconnect(take);
        compare(codes, [ErrorCode.WorkerError]);
    }

    function test_collectionInMidFlight(): void {
        const results = [];
        for (let i = 0; i < 20; ++i) {
            client.promise("echo", [i]).then(result => results.push(result));
            client.call("echo", [i], result => results.push(result));
            gc();
        }
        client.withCheckout(c => {
            gc();
            return c.promise("sleep", [50, 1]).then(r => { gc(); return c.promise("echo", [r]); });
        })
            .then(result => results.push(result));
        gc();
        wait(20);
        gc();
        waitCompare(results, "length", 41);
    }

    // A page that is unloaded by what it has asked for.
    Loader {
        id: loader
        active: false
        sourceComponent: Item {
            id: page
            Component.onCompleted: {
                // qmllint disable unqualified
                client.call("echo", [1], () => { loader.active = false; }, null, page);
                client.call("echo", [2], () => { loader.active = false; }, null);
                client.promise("echo", [3], page).then(() => { loader.active = false; }).catch(() => 1);
                // qmllint enable unqualified
            }
        }
    }
    function test_unloadedInItsCallback(): void {
        for (let i = 0; i < 5; ++i) {
            loader.active = true;
            waitCompare(loader, "active", false);
        }
        compare(outcome(client.promise("echo", [1])).result, 1);
    }
}
