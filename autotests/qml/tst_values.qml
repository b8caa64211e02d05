// SPDX-License-Identifier: MIT
import QtQuick
import Prefork

PatientTestCase {
    id: test
    name: "Values"

    readonly property bool overJson: client.protocol === Client.Json
    property url address: "http://example.org/x"
    property list<int> integers: [1, 2]

    Client {
        id: client
        maxWorkers: 1
    }

    function outcome(promise: var): var {
        let outcome = null;
        promise.then(result => { outcome = {result: result}; }, error => { outcome = {error: error}; });
        waitUntil(() => outcome !== null);
        return outcome;
    }

    function test_toCpp_data(): var {
        const buffer = new Uint8Array([1, 2, 3, 4]).buffer;
        return [
            {tag: "null", value: null, arrives: "null"},
            {tag: "true", value: true, arrives: "bool true"},
            {tag: "integer", value: 42, arrives: "qlonglong 42"},
            {tag: "2^53", value: 9007199254740992, arrives: "qlonglong 9007199254740992"},
            {tag: "2^54", value: 18014398509481984, arrives: "double 18014398509481984"},
            {tag: "fraction", value: 1.5, arrives: "double 1.5"},
            {tag: "-0", value: -1 / Infinity, arrives: "double -0"},
            {tag: "NaN", value: NaN, arrives: "double nan", json: "NaN, which JSON does not have"},
            {tag: "Infinity", value: Infinity, arrives: "double inf", json: "infinity, which JSON does not have"},
            {tag: "string", value: "abc", arrives: "QString abc"},
            {tag: "Date", value: new Date(Date.UTC(2026, 10, 30, 1, 2, 3, 4)),
                arrives: "QDateTime 2026-11-30T01:02:03.004Z",
                json: "QString 2026-11-30T01:02:03.004Z"},
            {tag: "ArrayBuffer", value: buffer, arrives: "QByteArray 01020304",
                json: "QString \u0001\u0002\u0003\u0004"},
            {tag: "Uint8Array", value: new Uint8Array(buffer, 1, 2), arrives: "QByteArray 0203",
                json: "QString \u0002\u0003"},
            {tag: "Uint16Array", value: new Uint16Array(buffer, 2), arrives: "QByteArray 0304",
                json: "QString \u0003\u0004"},
            {tag: "DataView", value: new DataView(buffer, 3), arrives: "QByteArray 04", json: "QString \u0004"},
            {tag: "url", value: test.address, arrives: "QUrl http://example.org/x",
                json: "QString http://example.org/x"},
            {tag: "URL", value: new URL("http://example.org/y"), arrives: "QUrl http://example.org/y",
                json: "QString http://example.org/y"},
            {tag: "array", value: [1, "a", [null]], arrives: "[qlonglong 1,QString a,[null]]"},
            {tag: "empty array", value: [], arrives: "[]"},
            {tag: "list<int>", value: test.integers, arrives: "[qlonglong 1,qlonglong 2]"},
            {tag: "object", value: {b: 1, a: {c: "d"}}, arrives: "{a:{c:QString d},b:qlonglong 1}"},
            {tag: "object without prototype", value: Object.create(null), arrives: "{}"},
            {tag: "point", value: Qt.point(1, 2.5), arrives: "QPointF 1 2.5", json: "[qlonglong 1,double 2.5]"},
            {tag: "color", value: Qt.rgba(1, 0, 0, 1), arrives: "QColor #ff0000",
                json: "QString data:application/x-qt-value;base64,Af////8AAAAAAAA="}
        ];
    }
    function test_toCpp(row: var): void {
        const arrives = overJson && row.json ? row.json : row.arrives;
        const got = outcome(client.promise("describe", [row.value]));
        if (got.error) {
            verify(got.error.message.includes(arrives), got.error.message);
            return;
        }
        compare(got.result, "[" + arrives + "]");
        compare(outcome(client.promise("describe", [{x: [row.value]}])).result, "[{x:[" + arrives + "]}]");
    }

    function test_refused_data(): var {
        const cycle = {};
        cycle.own = [cycle];
        let deep = 1;
        for (let i = 0; i < 65; ++i)
            deep = [deep];
        const hole = [1, , 3]; // qmllint disable
        return [
            {tag: "undefined", value: undefined, problem: "arguments[0]: undefined cannot be sent"},
            {tag: "in an object", value: {a: [1, undefined]}, problem: "arguments[0].a[1]: undefined cannot be sent"},
            {tag: "hole", value: hole, problem: "arguments[0][1]: undefined cannot be sent"},
            {tag: "function", value: {x: () => 1}, problem: "arguments[0].x: a function cannot be sent"},
            {tag: "Symbol", value: Symbol("s"), problem: "arguments[0]: a Symbol cannot be sent"},
            {tag: "RegExp", value: /x/, problem: "arguments[0]: a RegExp cannot be sent"},
            {tag: "Error", value: new Error("x"), problem: "arguments[0]: an Error cannot be sent"},
            {tag: "Map", value: new Map(), problem: "arguments[0]: a Map cannot be sent"},
            {tag: "Set", value: new Set(), problem: "arguments[0]: a Set cannot be sent"},
            {tag: "Promise", value: Promise.resolve(1), problem: "arguments[0]: a Promise cannot be sent"},
            {tag: "Number object", value: new Number(1),
                problem: "arguments[0]: a Number object cannot be sent"}, // qmllint disable
            {tag: "class", value: new (class Foo {})(), problem: "arguments[0]: an object of class Foo cannot be sent"},
            {tag: "QObject", value: test, problem: "arguments[0]: an object of QML cannot be sent"},
            {tag: "invalid Date", value: new Date(NaN), problem: "arguments[0]: an invalid Date cannot be sent"},
            {tag: "cycle", value: cycle, problem: "arguments[0].own[0]: what contains itself cannot be sent"},
            {tag: "deep", value: deep, problem: "what is nested more than 64 deep cannot be sent"},
            {tag: "getter", value: {get g() { throw new Error("boom"); }},
                problem: "arguments[0].g: its getter has thrown Error: boom"},
            {tag: "symbol key", value: {[Symbol("k")]: 1},
                problem: "arguments[0]: a property that is named by a Symbol cannot be sent"}
        ];
    }
    function test_refused(row: var): void {
        const error = outcome(client.promise("describe", [row.value])).error;
        verify(error instanceof Error);
        compare(error.code, ErrorCode.BadArguments);
        verify(error.message.endsWith(row.problem), error.message);
    }

    function test_noArray_data(): var {
        return [{tag: "string", value: "abc", is: "a string"}, {tag: "number", value: 5, is: "a number"},
            {tag: "object", value: {a: 1}, is: "an object"}, {tag: "function", value: () => 1, is: "a function"},
            {tag: "bytes", value: new ArrayBuffer(1), is: "bytes"}, {tag: "url", value: test.address, is: "an object"}];
    }
    function test_noArray(row: var): void {
        const error = outcome(client.promise("describe", row.value)).error;
        compare(error.code, ErrorCode.BadArguments);
        verify(error.message.startsWith("arguments: an array was expected, but this is "), error.message);
    }

    function test_noArguments(): void {
        compare(outcome(client.promise("describe")).result, "[]");
        compare(outcome(client.promise("describe", null)).result, "[]");
        compare(outcome(client.promise("describe", [])).result, "[]");
        compare(outcome(client.promise("describe", test.integers)).result, "[qlonglong 1,qlonglong 2]");
    }

    function give(name: string): var {
        return outcome(client.promise("give", [name])).result;
    }

    function test_toJs_data(): var {
        return [
            {tag: "null", is: null},
            {tag: "void", is: undefined, json: null},
            {tag: "true", is: true},
            {tag: "int", is: 42},
            {tag: "2^53", is: 9007199254740992},
            {tag: "2^53+1", is: "9007199254740993"},
            {tag: "-2^53-1", is: "-9007199254740993"},
            {tag: "quint64", is: "18446744073709551615"},
            {tag: "double", is: 1.5},
            {tag: "float", is: 0.25},
            {tag: "string", is: "häß 🎉"},
            {tag: "char", is: "x"},
            {tag: "date", is: "2026-11-30"},
            {tag: "time", is: "12:34:56.789"},
            {tag: "uuid", is: "12345678-9abc-def0-1234-56789abcdef0",
                json: "{12345678-9abc-def0-1234-56789abcdef0}"},
            {tag: "bits", is: "010"},
            {tag: "late", is: "+300000-01-01T00:00:00.000Z", json: undefined} // an error
        ];
    }
    function test_toJs(row: var): void {
        const value = give(row.tag);
        const is = overJson && "json" in row ? row.json : row.is;
        verify(value === is, `${typeof value} ${value}`);
    }

    function test_toJsStructures_data(): var {
        return [
            {tag: "list", is: [1, "two", [3]]},
            {tag: "stringlist", is: ["a", "b"]},
            {tag: "intlist", is: [1, 2]},
            {tag: "set", is: [7]},
            {tag: "line", is: [1, 2, 3, 4]},
            {tag: "linef", is: [1.5, 2, 3, 4]},
            {tag: "version", is: [6, 4, 2]},
            {tag: "regexp", is: ["a+", 1]},
            {tag: "map", is: {a: 1, b: {c: "d"}}},
            {tag: "json", is: {a: [1, true, null]}}
        ];
    }
    function test_toJsStructures(row: var): void {
        const value = give(row.tag);
        compare(JSON.stringify(value), JSON.stringify(row.is));
        compare(Array.isArray(value), Array.isArray(row.is));
    }

    function test_numbers(): void {
        if (overJson)
            skip("JSON has no NaN");
        verify(Object.is(give("nan"), NaN));
        verify(Object.is(give("-0"), -0));
    }

    function test_bytes(): void {
        if (overJson)
            skip("JSON has no bytes");
        const bytes = give("bytes");
        verify(bytes instanceof ArrayBuffer);
        compare(Array.from(new Uint8Array(bytes)), [0, 1, 255]);
    }

    function test_dateTime(): void {
        if (overJson)
            skip("JSON has no dates");
        const date = give("datetime");
        verify(date instanceof Date);
        compare(date.getTime(), Date.UTC(2026, 10, 30, 12, 34, 56, 789));
    }

    function test_url(): void {
        if (overJson)
            skip("JSON has no URLs");
        const url = give("url");
        compare(url.toString(), "http://example.org/a b"); // as Qt shows it
        compare(outcome(client.promise("describe", [url])).result, "[QUrl http://example.org/a b]");
    }

    function test_valueTypes(): void {
        if (overJson)
            skip("JSON has none of these types");
        compare(give("point"), Qt.point(1, 2));
        compare(give("pointf").x, 1.5);
        compare(give("size").height, 4);
        compare(give("rect").width, 3);
        compare(give("color"), Qt.rgba(1, 0, 0, 1));
        compare(give("font").family, "Courier");
        compare(give("vector3d").z, 3);
    }

    // A name that means something else to JavaScript is a property like others.
    function test_proto(): void {
        const value = give("proto");
        verify(!value.evil);
        compare(Object.keys(value), ["__proto__"]);
    }

    // What QML has no form for can be sent again.
    function test_opaque(): void {
        if (overJson)
            skip("JSON has no images");
        const image = give("image");
        compare(typeof image, "object");
        verify(outcome(client.promise("describe", [image])).result.startsWith("[QImage"));
    }

    function test_largeResult(): void {
        if (overJson)
            skip("JSON has no bytes");
        compare(outcome(client.promise("fill", [60 * 1024 * 1024])).result.byteLength, 60 * 1024 * 1024);
        const error = outcome(client.promise("fill", [65 * 1024 * 1024])).error;
        compare(error.code, ErrorCode.WorkerError);
    }
}
