// SPDX-License-Identifier: MIT
// A form in QML: a worker computes the checksum of a file, with progress and a button that cancels.
#include <QtPrefork/Interface>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QCryptographicHash>
#include <QtCore/QFile>
#include <QtGui/QGuiApplication>
#include <QtQml/QQmlApplicationEngine>

#include <cstdio>

using namespace Prefork;

namespace {

inline constexpr Method<QString(QString)> checksum{"checksum"};

// [method]
QString checksumOf(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        throw Error(file.errorString());
    QCryptographicHash hash(QCryptographicHash::Sha256);
    while (!file.atEnd()) {
        const QByteArray bytes = file.read(1 << 20);
        if (bytes.isEmpty())
            throw Error(file.errorString());
        hash.addData(bytes);
        Worker::throwIfCanceled();
        Worker::setProgress(file.pos(), file.size());
    }
    return QString::fromLatin1(hash.result().toHex());
}
// [method]

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(checksum, checksumOf);
    Zygote zygote(work);
    QGuiApplication app(argc, argv);
    QQmlApplicationEngine engine;
    engine.setInitialProperties(
        {{QStringLiteral("file"), app.arguments().value(1)}, {QStringLiteral("play"), app.arguments().value(2)}});
    engine.load(QUrl(QStringLiteral("qrc:/cookbook/ChecksumForm.qml")));
    if (engine.rootObjects().isEmpty())
        return 1;
    const int code = QGuiApplication::exec();
    std::printf("%s\n", qPrintable(engine.rootObjects().constFirst()->property("said").toString()));
    return code;
}
