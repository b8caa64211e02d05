// SPDX-License-Identifier: MIT
import QtTest

// Waits longer than the five seconds of tryVerify() and tryCompare(), for a busy machine may need longer. Only a
// failing test waits for so long. The line of the test that waits is part of the message.
TestCase {
    readonly property int patience: 60000

    function waitUntil(condition: var): void {
        tryVerify(condition, patience, "waited for by " + new Error().stack.split("\n")[1]);
    }
    function waitCompare(object: var, property: string, expected: var): void {
        tryCompare(object, property, expected, patience, "waited for by " + new Error().stack.split("\n")[1]);
    }
}
