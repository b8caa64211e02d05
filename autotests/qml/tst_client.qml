// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtTest
import Prefork

PatientTestCase {
    id: test
    name: "Client"

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
        id: clientComponent
        Client { maxWorkers: 1 }
    }
    Component {
        id: pageComponent
        QtObject {}
    }

    function init(): void {
        unhandled.clear();
    }

    // What one call gives: ["result", value] or ["error", error], once.
    function outcomeOf(caller: var, method: string, args: var, owner: var): var {
        const outcomes = [];
        caller.call(method, args, result => outcomes.push(["result", result]),
            error => outcomes.push(["error", error]), owner);
        compare(outcomes.length, 0); // never inside call()
        waitUntil(() => outcomes.length > 0);
        wait(0);
        compare(outcomes.length, 1);
        return outcomes[0];
    }

    function test_defaults(): void {
        const other = createTemporaryObject(clientComponent, test);
        compare(other.minWorkers, 2);
        compare(other.timeout, -1);
        compare(other.cancelGrace, 1000);
        compare(other.idleTimeout, 60000);
        compare(other.waitForServer, true);
        compare(other.maxMessageSize, 64 * 1024 * 1024);
        compare(other.maxInFlight, 64);
        compare(other.address, "");
        compare(other.zygote, "");
    }

    function test_callbacks(): void {
        compare(outcomeOf(client, "echo", ["x"]), ["result", "x"]);
        const failed = outcomeOf(client, "fail", ["oh"]);
        compare(failed[0], "error");
        compare(failed[1].message, "oh");
    }

    function test_withoutCallbacks(): void {
        client.call("echo", ["x"]);
        client.call("echo", ["x"], null, null, null);
        let isOver = false;
        client.call("echo", [], undefined, error => fail(error.message));
        client.call("echo", [], () => { isOver = true; });
        waitUntil(() => isOver);
        compare(unhandled.count, 0);
    }

    function test_state(): void {
        waitCompare(client, "state", Client.Connected);
        compare(client.connectionError, "");
        verify(client.workers > 0 && client.workers <= 2);
    }

    function test_counts(): void {
        const results = [];
        for (let i = 0; i < 3; ++i)
            client.call("sleep", [1000, i], result => results.push(result), null, {runTimeout: 10000});
        waitCompare(client, "idleWorkers", 0);
        waitUntil(() => results.length === 3);
        waitCompare(client, "idleWorkers", client.workers);
        compare(client.waiting, 0);
    }

    function test_badParameters_data(): var {
        return [
            {tag: "method", args: [5], text: "the name of the method must be a string, but this is a number"},
            {tag: "no method", args: [], text: "the name of the method must be a string, but this is undefined"},
            {tag: "owner", args: ["echo", [], "page"],
                text: "the last argument must be an owner, which is an object of QML, or options, "
                    + "but this is a string"},
            {tag: "option", args: ["echo", [], {runTimeuot: 5}], text: "there is no option 'runTimeuot'"},
            {tag: "time", args: ["echo", [], {runTimeout: "5"}],
                text: "the option 'runTimeout' must be an integer of 32 bits, but this is a string"},
            {tag: "fraction", args: ["echo", [], {priority: 1.5}],
                text: "the option 'priority' must be an integer of 32 bits, but this is 1.5"},
            {tag: "handler", args: ["echo", [], {onProgress: 5}],
                text: "the option 'onProgress' must be a function, but this is a number"},
            {tag: "option owner", args: ["echo", [], {owner: 5}],
                text: "the option 'owner' must be an object of QML, but this is a number"},
            {tag: "getter", args: ["echo", [], {get owner() { throw 5; }}],
                text: "the option 'owner': its getter has thrown 5"}
        ];
    }
    function test_badParameters(row: var): void {
        let error = null;
        client.promise(...row.args).catch(e => { error = e; });
        waitUntil(() => error);
        compare(error.code, ErrorCode.BadArguments);
        compare(error.message, row.text);
    }

    function test_badCallbacks(): void {
        let error = null;
        client.call("echo", [], "callback", e => { error = e; });
        waitUntil(() => error);
        compare(error.message, "onResult must be a function, but this is a string");
        ignoreWarning(new RegExp("tst_client.qml:[0-9]+: the call of 'echo' failed: Error: "
            + "onError must be a function, but this is a number"));
        client.call("echo", [], null, 7);
        waitCompare(unhandled, "count", 1);
    }

    function test_handle(): void {
        const handle = client.call("echo", [1]);
        verify(!handle.settled);
        waitUntil(() => handle.settled);
        verify(!handle.cancel());
    }

    function test_cancel(): void {
        let outcomes = 0;
        const handle = client.call("sleep", [60000], () => { ++outcomes; }, () => { ++outcomes; });
        wait(20);
        verify(handle.cancel());
        verify(!handle.cancel());
        verify(handle.settled);
        compare(outcomeOf(client, "echo", [2]), ["result", 2]);
        compare(outcomes, 0);
    }

    function test_owner(): void {
        const page = pageComponent.createObject(null);
        let outcomes = 0;
        client.call("sleep", [50], () => { ++outcomes; }, () => { ++outcomes; }, page);
        client.call("sleep", [50], () => { ++outcomes; }, () => { ++outcomes; }, {owner: page});
        page.destroy();
        let isOver = false;
        client.call("sleep", [100], () => { isOver = true; });
        waitUntil(() => isOver);
        compare(outcomes, 0);
        const living = createTemporaryObject(pageComponent, test);
        compare(outcomeOf(client, "echo", [1], living), ["result", 1]);
    }

    function test_options(): void {
        const failed = outcomeOf(client, "sleep", [60000], {runTimeout: 50});
        compare(failed[1].code, ErrorCode.Timeout);
        compare(outcomeOf(client, "sleep", [60000], {deadline: 50})[1].code, ErrorCode.Timeout);
        compare(outcomeOf(client, "echo", [1], {priority: 1, owner: null}), ["result", 1]);
    }

    function test_progressAndEvents(): void {
        if (client.protocol === Client.Json)
            skip("JSON has no progress and no events");
        const heard = [];
        let result = 0;
        client.call("count", [3], r => { result = r; }, null, {
            onProgress: p => heard.push(`${p.value}/${p.maximum} ${p.text}`),
            onEvent: (name, args) => heard.push(`${name} ${args.join(" ")}`)
        });
        waitUntil(() => result === 3);
        compare(heard.filter(text => text.startsWith("step")), ["step 1 of", "step 2 of", "step 3 of"]);
        compare(heard[heard.length - 1], "3/3 step 3");
    }

    function test_unavailable(): void {
        const lost = createTemporaryObject(clientComponent, test, {zygote: "nobody"});
        const failed = outcomeOf(lost, "echo", []);
        compare(failed[1].code, ErrorCode.Unavailable);
        const bad = createTemporaryObject(clientComponent, test, {address: "gopher://x"});
        compare(outcomeOf(bad, "echo", [])[1].code, ErrorCode.Unavailable);
        verify(outcomeOf(bad, "echo", [])[1].message.includes("gopher"));
        const named = createTemporaryObject(clientComponent, test, {zygote: "quicktest"});
        compare(outcomeOf(named, "echo", [1]), ["result", 1]);
    }

    function test_noServer(): void {
        const lost = createTemporaryObject(clientComponent, test, {address: "unix:/nonexistent/socket", timeout: 200});
        waitUntil(() => lost.connectionError !== "");
        compare(lost.state, Client.Connecting);
        compare(lost.workers >= 0, true);
        const failed = outcomeOf(lost, "echo", []);
        compare(failed[1].code, ErrorCode.Timeout);
        verify(failed[1].detail !== "");
    }

    // What was asked of the old pool is done there.
    function test_changedOptions(): void {
        const other = createTemporaryObject(clientComponent, test, {minWorkers: 1, runTimeout: 100});
        let slow = null, fast = null;
        other.call("sleep", [60000], null, error => { slow = error; });
        other.runTimeout = 0;
        other.maxWorkers = 3;
        wait(0);
        other.call("sleep", [200, 1], result => { fast = result; });
        waitUntil(() => slow && fast);
        compare(slow.code, ErrorCode.Timeout);
        compare(fast, 1);
        other.address = "gopher://x";
        wait(0);
        compare(outcomeOf(other, "echo", [])[1].code, ErrorCode.Unavailable);
        other.address = "";
        wait(0);
        compare(outcomeOf(other, "echo", [4]), ["result", 4]);
    }

    function test_json(): void {
        const other = createTemporaryObject(clientComponent, test, {protocol: Client.Json});
        compare(outcomeOf(other, "describe", [[1, "a", {b: null}]]), ["result", "[[qlonglong 1,QString a,{b:null}]]"]);
        const refused = outcomeOf(other, "echo", [NaN])[1];
        compare(refused.code, ErrorCode.BadArguments);
    }

    function test_close(): void {
        const other = createTemporaryObject(clientComponent, test);
        const closed = createTemporaryObject(spyComponent, test, {target: other, signalName: "closed"});
        const results = [];
        other.call("sleep", [50, 1], result => results.push(result));
        other.close();
        compare(other.state, Client.Closing);
        other.call("echo", [2], null, error => results.push(error.code));
        waitCompare(closed, "count", 1);
        compare(results.sort(), [1, ErrorCode.Shutdown]);
        compare(other.state, Client.Closed);
        other.maxWorkers = 2; // which does not open it again
        wait(0);
        compare(other.state, Client.Closed);
    }
    Component {
        id: spyComponent
        SignalSpy {}
    }

    function test_closeAtDeadline(): void {
        const other = createTemporaryObject(clientComponent, test);
        let error = null;
        other.call("sleep", [60000], null, e => { error = e; });
        other.close(0);
        waitUntil(() => error);
        compare(error.code, ErrorCode.Shutdown);
    }

    function test_recycle(): void {
        const other = createTemporaryObject(clientComponent, test, {minWorkers: 1});
        const first = outcomeOf(other, "pid", [])[1];
        compare(outcomeOf(other, "pid", [])[1], first);
        other.recycleWorkers();
        verify(outcomeOf(other, "pid", [])[1] !== first);
    }

    function test_death(): void {
        const failed = outcomeOf(client, "crash", []);
        compare(failed[1].code, ErrorCode.WorkerLost);
        compare(outcomeOf(client, "echo", [1]), ["result", 1]);
    }

    // Nobody is left to hear of the error, but it is not lost.
    function test_destroyedClient(): void {
        const other = clientComponent.createObject(test);
        const codes = [];
        other.call("sleep", [60000], null, error => codes.push(error.code));
        other.promise("sleep", [60000]).catch(error => codes.push(error.code));
        ignoreWarning(new RegExp("tst_client.qml:[0-9]+: the call of 'sleep' failed: Error: .*"));
        other.call("sleep", [60000]);
        other.destroy();
        waitUntil(() => codes.length === 2);
        for (const code of codes)
            verify(code === ErrorCode.Shutdown || code === ErrorCode.Canceled);
        wait(0);
    }
}
