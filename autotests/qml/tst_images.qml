// SPDX-License-Identifier: MIT
pragma ComponentBehavior: Bound

import QtQuick
import Prefork

PatientTestCase {
    id: test
    name: "Images"
    width: 200
    height: 200
    visible: true
    when: windowShown

    Client {
        id: workers
        images: true
        maxWorkers: 2
    }
    Component {
        id: imageComponent
        Image {
            cache: false
        }
    }
    Component {
        id: clientComponent
        Client {
            images: true
            maxWorkers: 1
        }
    }

    function init(): void {
        if (workers.protocol === Client.Json)
            skip("images do not cross JSON");
    }

    // A frame without them, in which the scene graph lets go of their textures.
    function cleanupTestCase(): void {
        waitForRendering(test, 1000);
        wait(50);
    }

    function shown(source: string): Image {
        const image = createTemporaryObject(imageComponent, test, {source: source});
        waitUntil(() => image.status === Image.Ready || image.status === Image.Error);
        return image as Image;
    }

    function test_image(): void {
        const image = shown("image://prefork/paint/red");
        compare(image.status, Image.Ready);
        compare(image.implicitWidth, 8);
        verify(grabImage(image).pixel(2, 2) === Qt.rgba(1, 0, 0, 1));
    }

    function test_encoded(): void {
        const image = shown("image://prefork/encode/" + encodeURIComponent("#00ff00"));
        compare(image.status, Image.Ready);
        verify(grabImage(image).pixel(2, 2) === Qt.rgba(0, 1, 0, 1));
    }

    function test_requestedSize(): void {
        const image = createTemporaryObject(imageComponent, test,
            {"sourceSize.width": 30, "sourceSize.height": 20, source: "image://prefork/paint/blue"});
        waitCompare(image, "status", Image.Ready);
        compare(image.implicitWidth, 30);
        compare(image.implicitHeight, 20);
    }

    // The argument arrives as it was before it was percent-encoded.
    function test_argument_data(): var {
        const rows = [];
        for (const text of ["/tmp/a b.png", "100%", "%20", "a/b?c=d#e", "häß", "a&b+c", ""])
            rows.push({tag: text, text: text});
        return rows;
    }
    function test_argument(row: var): void {
        ignoreWarning(new RegExp("QML Image: fail: " + row.text.replace(/[.?+]/g, "\\$&") + "$"));
        compare(shown("image://prefork/fail/" + encodeURIComponent(row.text)).status, Image.Error);
    }

    function test_errors_data(): var {
        return [
            {tag: "nothing", source: "nothing/x", warning: "nothing: this worker has no method 'nothing'"},
            {tag: "crash", source: "crash/x", warning: "crash: worker connection suddenly died"},
            {tag: "echo", source: "echo/x", warning: "echo/x: the result is no image"},
            {tag: "bytes", source: "garbage/x", warning: "garbage/x: the result is no image"}
        ];
    }
    function test_errors(row: var): void {
        ignoreWarning(new RegExp("QML Image: " + row.warning));
        compare(shown("image://prefork/" + row.source).status, Image.Error);
    }

    function test_oneClientOnly(): void {
        ignoreWarning(new RegExp("QML Client: images: another Client of this engine serves image://prefork already"));
        const other = createTemporaryObject(clientComponent, test) as Client;
        compare(shown("image://prefork/paint/red").status, Image.Ready);
        workers.images = false;
        ignoreWarning(new RegExp("QML Image: no Client has images: true"));
        compare(shown("image://prefork/paint/red").status, Image.Error);
        other.images = false;
        other.images = true;
        compare(shown("image://prefork/paint/red").status, Image.Ready);
        other.images = false;
        workers.images = true;
        compare(shown("image://prefork/paint/red").status, Image.Ready);
    }

    // Scrolled away before they are there: the workers have nothing to do any more.
    function test_canceled(): void {
        for (let round = 0; round < 10; ++round) {
            const images = [];
            for (let i = 0; i < 100; ++i)
                images.push(imageComponent.createObject(test, {source: `image://prefork/slowPaint/${i}`}));
            wait(round);
            for (const image of images)
                image.destroy();
        }
        compare(shown("image://prefork/paint/red").status, Image.Ready);
    }

    function test_clientGoes(): void {
        workers.images = false;
        const other = clientComponent.createObject(test) as Client;
        const images = [];
        for (let i = 0; i < 10; ++i) {
            images.push(createTemporaryObject(imageComponent, test, {source: "image://prefork/sleep/60000"}));
            ignoreWarning(new RegExp("QML Image: the Client that serves images has gone|no Client has images: true"));
        }
        wait(10);
        other.destroy();
        for (const image of images)
            waitCompare(image, "status", Image.Error);
        workers.images = true;
    }
}
