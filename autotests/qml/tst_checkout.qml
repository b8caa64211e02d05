// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtTest
import Prefork

PatientTestCase {
    id: test
    name: "Checkout"

    Client {
        id: client
        name: "quick"
        maxWorkers: 1
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

    function outcome(promise: var): var {
        let outcome = null;
        promise.then(result => { outcome = {result: result}; }, error => { outcome = {error: error}; });
        waitUntil(() => outcome !== null);
        return outcome;
    }

    function test_holdsOneWorker(): void {
        const checkout = client.checkout();
        const results = [];
        checkout.call("put", [5]);
        checkout.call("get", [], result => results.push(result));
        checkout.promise("get").then(result => results.push(result));
        compare(checkout.pendingCalls, 3);
        compare(checkout.released, false);
        compare(checkout.error, null);
        checkout.release();
        compare(checkout.released, true);
        waitCompare(results, "length", 2);
        compare(results, [5, 5]);
        waitCompare(checkout, "pendingCalls", 0);
        compare(checkout.bytesToWrite, 0);
    }

    function test_isReleasedWhenDone(): void {
        const checkout = client.checkout();
        checkout.call("put", [1]);
        checkout.release();
        checkout.release();
        compare(outcome(checkout.promise("get")).error.code, ErrorCode.Shutdown);
        compare(outcome(client.promise("echo", [1])).result, 1);
    }

    function test_signals(): void {
        const checkout = client.checkout();
        let calls = 0, releases = 0;
        checkout.pendingCallsChanged.connect(() => { ++calls; });
        checkout.releasedChanged.connect(() => { ++releases; });
        checkout.call("echo");
        waitUntil(() => calls > 0 && checkout.pendingCalls === 0);
        checkout.release();
        waitCompare(checkout, "released", true);
        waitUntil(() => releases === 1);
    }

    // An error keeps those behind it from running.
    function test_errorClearsQueue(): void {
        const checkout = client.checkout();
        const codes = [];
        checkout.call("fail", ["oh"], null, error => codes.push(error.code));
        checkout.call("echo", [1], null, error => codes.push(error.code));
        checkout.promise("echo", [2]).catch(error => codes.push(error.code));
        checkout.call("echo", [3]); // Canceled is not reported
        waitCompare(codes, "length", 3);
        compare(codes, [ErrorCode.WorkerError, ErrorCode.Canceled, ErrorCode.Canceled]);
        compare(outcome(checkout.promise("echo", [4])).result, 4);
        compare(checkout.error, null);
        checkout.release();
        compare(unhandled.count, 0);
    }

    function test_fatalError(): void {
        const checkout = client.checkout({timeout: 50});
        compare(outcome(checkout.promise("sleep", [60000])).error.code, ErrorCode.Timeout);
        waitUntil(() => checkout.error);
        compare(checkout.error.code, ErrorCode.Timeout);
        compare(outcome(checkout.promise("echo")).error.code, ErrorCode.Timeout);
    }

    function test_abort(): void {
        const checkout = client.checkout();
        const promise = checkout.promise("sleep", [60000]);
        checkout.abort("enough");
        const error = outcome(promise).error;
        compare(error.code, ErrorCode.Aborted);
        compare(error.message, "enough");
        const other = client.checkout();
        other.abort();
        compare(outcome(other.promise("echo")).error.message, "aborted");
    }

    function test_cancel(): void {
        if (client.protocol === Client.Json)
            skip("over JSON a call that is canceled while it runs takes its checkout along");
        const checkout = client.checkout();
        const promise = checkout.promise("sleep", [60000]);
        const behind = checkout.promise("echo", [1]);
        const handle = checkout.call("echo", [2], () => test.fail("it was canceled"));
        verify(handle.cancel());
        verify(promise.cancel());
        compare(outcome(promise).error.code, ErrorCode.Canceled);
        compare(outcome(behind).result, 1);
        checkout.release();
    }

    function test_badOptions(): void {
        const checkout = client.checkout({timeuot: 5});
        const error = outcome(checkout.promise("echo")).error;
        compare(error.code, ErrorCode.BadArguments);
        compare(error.message, "there is no option 'timeuot'");
        checkout.release();
    }

    function test_withCheckout(): void {
        const done = client.withCheckout(c => c.promise("put", [7]).then(() => c.promise("get")));
        compare(outcome(done).result, 7);
        compare(outcome(client.withCheckout(() => "value")).result, "value");
        compare(outcome(client.withCheckout(() => { throw new Error("boom"); })).error.message, "boom");
        compare(outcome(client.withCheckout(c => c.promise("fail", ["oh"]))).error.message, "oh");
        const error = outcome(client.withCheckout("no function")).error;
        compare(error.code, ErrorCode.BadArguments);
        compare(error.message, "withCheckout() takes a function, but this is a string");
        compare(outcome(client.withCheckout(() => 1, {timeuot: 5})).error.message, "there is no option 'timeuot'");
        // Each has released the only worker there may be.
        compare(outcome(client.promise("echo", [1])).result, 1);
    }

    function test_withCheckoutQueue(): void {
        const results = [];
        for (let i = 0; i < 5; ++i)
            client.withCheckout(c => c.promise("put", [i]).then(() => c.promise("get")))
                .then(result => results.push(result));
        waitCompare(results, "length", 5);
        compare(results, [0, 1, 2, 3, 4]);
    }

    function test_owner(): void {
        const page = pageComponent.createObject(null);
        const checkout = client.checkout({owner: page});
        const other = client.checkout(page);
        checkout.call("put", [3]);
        page.destroy();
        waitCompare(checkout, "released", true);
        waitCompare(other, "released", true);
        compare(outcome(client.promise("echo", [1])).result, 1);
    }

    function test_outlivesItsClient(): void {
        const other = clientComponent.createObject(test) as Client;
        const checkout = other.checkout();
        const promise = checkout.promise("sleep", [60000]);
        other.destroy();
        compare(outcome(promise).error.code, ErrorCode.Shutdown);
        compare(outcome(checkout.promise("echo")).error.code, ErrorCode.Shutdown);
        checkout.release();
    }

    // Returns the line that forgets a checkout, if it is to.
    function forget(isAsked: bool): int {
        const line = new Error().lineNumber + 2;
        if (isAsked)
            client.checkout().call("echo");
        return line;
    }

    // One that nobody knows any more is collected while another waits for its worker.
    function test_forgotten(): void {
        ignoreWarning(new RegExp(`tst_checkout.qml:${forget(false)}: a checkout that was made here was forgotten`));
        forget(true);
        compare(outcome(client.promise("echo", [1])).result, 1);
    }

    function test_knownIsKept(): void {
        const checkout = client.checkout();
        checkout.call("put", [9]);
        let isServed = false;
        client.call("echo", [], () => { isServed = true; });
        wait(2500);
        verify(!isServed);
        compare(outcome(checkout.promise("get")).result, 9);
        checkout.release();
        waitUntil(() => isServed);
    }
}
