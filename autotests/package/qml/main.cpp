// SPDX-License-Identifier: MIT
// A program of somebody else's with QML: an embedded zygote, which the module finds by itself.
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtQml/QQmlComponent>
#include <QtQml/QQmlEngine>

#include <cstdio>

static const char page[] = R"(
import QtQml
import Prefork

QtObject {
    property Client pool: Client { id: workers }
    property Call run: Call {
        client: workers; method: "halve"; args: [42]; autoStart: true
        onFinished: result => { console.log(`42 / 2 = ${result}`); Qt.quit(); }
        onFailed: error => { console.log(error.backTrace); Qt.exit(1); }
    }
}
)";

int main(int argc, char *argv[])
{
    Prefork::Interface work;
    work.add(Prefork::Method<int(int)>{"halve"}, [](int n) { return n / 2; });
    Prefork::Zygote zygote(work);
    QCoreApplication app(argc, argv);
    QQmlEngine engine;
    QObject::connect(&engine, &QQmlEngine::quit, &app, &QCoreApplication::quit, Qt::QueuedConnection);
    QObject::connect(&engine, &QQmlEngine::exit, &app, &QCoreApplication::exit, Qt::QueuedConnection);
    QQmlComponent component(&engine);
    component.setData(page, QUrl());
    const std::unique_ptr<QObject> object(component.create());
    if (!object) {
        std::fprintf(stderr, "%s", qPrintable(component.errorString()));
        return 1;
    }
    return app.exec();
}
