// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import QtQuick.Controls
import Prefork
import "../../demo/cookbook"

// The code of docs/qml.md, which quotes it from here, does what the page says.
PatientTestCase {
    id: test
    name: "Manual"
    width: 400
    height: 400
    visible: true
    when: windowShown

    Client {
        id: workers
        // So that all calls see what has been committed.
        maxWorkers: 1
        reuseAfterError: true
    }
    Item {
        id: picture
        // [image]
        Client { images: true }
        Image { source: "image://prefork/thumbnail/" + encodeURIComponent(page.path); sourceSize.width: 160 }
        // [image]
    }
    Words {
        id: words
    }
    Column {
        id: form
        TextField {
            id: person
        }
        SpinBox {
            id: age
            to: 200
        }
        // [form]
        Call { id: save; client: workers; method: "save"; args: [{name: person.text, age: age.value}] }
        Button { text: save.running ? qsTr("Saving…") : qsTr("Save"); enabled: !save.running; onClicked: save.start() }
        Label { text: save.error ? save.error.message : "" }
        // [form]
    }
    ListView {
        id: list
        x: 200
        width: 200
        height: 200
        model: ListModel {
            ListElement { path: "/a/picture" }
            ListElement { path: "" }
        }
        // [list]
        delegate: Label {
            id: row
            required property string path
            Call { id: info; client: workers; method: "info"; args: [row.path]; autoStart: true; placeholder: "…" }
            text: info.error ? info.error.message : info.result
        }
        // [list]
    }
    QtObject {
        id: page

        property string path: "/a/picture"
        property string outcome

        function saved(): void {
            page.outcome = "saved";
        }
        function failed(message: string): void {
            page.outcome = message;
        }
        function insert(row: var): void {
            // [transaction]
            workers.withCheckout(c => c.promise("begin")
                    .then(() => c.promise("insert", [row]))
                    .then(() => c.promise("commit")), page)
                .then(() => page.saved(), error => page.failed(error.message));
            // [transaction]
        }
    }

    function test_words(): void {
        compare(words.ToolTip.text, "Words: 0");
        words.text = "to be or not";
        waitCompare(words.ToolTip, "text", "Words: 4");
    }

    function test_image(): void {
        if (workers.protocol === Client.Json)
            skip("images do not cross JSON");
        const image = picture.children[0] as Image;
        waitCompare(image, "status", Image.Ready);
        compare(image.implicitWidth, 160);
    }

    function test_form_data(): var {
        return [
            {tag: "saved", person: "Ada", age: 36, message: ""},
            {tag: "refused", person: "", age: 36, message: "somebody needs a name"}
        ];
    }
    function test_form(row: var): void {
        const button = form.children[2] as Button;
        const label = form.children[3] as Label;
        person.text = row.person;
        age.value = row.age;
        const seen = [];
        const see = () => seen.push(button.text);
        button.textChanged.connect(see);
        mouseClick(button);
        waitCompare(seen, "length", 2);
        compare(seen, ["Saving…", "Save"]);
        button.textChanged.disconnect(see);
        compare(label.text, row.message);
    }

    function test_list(): void {
        const first = list.itemAtIndex(0) as Label;
        waitCompare(first, "text", "/a/picture is a file");
        const second = list.itemAtIndex(1) as Label;
        waitCompare(second, "text", "a file needs a name");
    }

    function committed(): int {
        let rows = -1;
        workers.call("committed", [], result => { rows = result; });
        waitUntil(() => rows >= 0);
        return rows;
    }

    function test_transaction_data(): var {
        return [
            {tag: "saved", row: "a row", outcome: "saved", rows: 1},
            {tag: "refused", row: "", outcome: "a row needs a text", rows: 0}
        ];
    }
    function test_transaction(row: var): void {
        const before = committed();
        page.outcome = "";
        page.insert(row.row);
        waitUntil(() => page.outcome !== "");
        compare(page.outcome, row.outcome);
        compare(committed() - before, row.rows);
    }
}
