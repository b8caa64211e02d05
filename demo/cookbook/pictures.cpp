// SPDX-License-Identifier: MIT
// A list of pictures in QML. Workers decode them, and only those that one sees.
#include <QtPrefork/GuiTypes>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QDir>
#include <QtGui/QGuiApplication>
#include <QtGui/QImageReader>
#include <QtQml/QQmlApplicationEngine>

#include <cstdio>

using namespace Prefork;

namespace {

// [method]
inline constexpr Method<QImage(QString, QSize)> thumbnail{"thumbnail"};

QImage makeThumbnail(const QString &path, const QSize &size)
{
    QImageReader reader(path);
    reader.setScaledSize(reader.size().scaled(size, Qt::KeepAspectRatio));
    const QImage image = reader.read();
    if (image.isNull())
        throw Error(QStringLiteral("%1: %2").arg(path, reader.errorString()));
    return image;
}
// [method]

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(thumbnail, makeThumbnail);
    Zygote zygote(work);
    QGuiApplication app(argc, argv);

    const QDir folder(app.arguments().value(1, QStringLiteral(".")));
    QStringList paths;
    for (const QString &name : folder.entryList(QDir::Files))
        paths.append(folder.absoluteFilePath(name));
    QQmlApplicationEngine engine;
    engine.setInitialProperties(
        {{QStringLiteral("paths"), paths},
         {QStringLiteral("quitWhenDone"), app.arguments().contains(QStringLiteral("--quit-when-done"))}});
    engine.load(QUrl(QStringLiteral("qrc:/cookbook/Pictures.qml")));
    if (engine.rootObjects().isEmpty())
        return 1;
    const int code = QGuiApplication::exec();
    const QObject *const window = engine.rootObjects().constFirst();
    std::printf("pictures: %d, other files: %d\n", window->property("shown").toInt(),
                window->property("broken").toInt());
    return code;
}
