// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import Prefork

// What is there without a program of our own: types, and errors.
TestCase {
    id: test
    name: "Plugin"

    Client {
        id: pool
    }
    Call {
        id: run
        client: pool
        method: "echo"
    }

    function test_noZygote(): void {
        let error = null;
        pool.promise("echo", [1]).catch(e => { error = e; });
        tryVerify(() => error, 60000);
        compare(error.code, ErrorCode.Unavailable);
        run.start();
        tryCompare(run, "status", Call.Failed, 60000);
        compare(run.error.message, error.message);
    }
}
