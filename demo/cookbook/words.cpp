// SPDX-License-Identifier: MIT
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtGui/QGuiApplication>
#include <QtQuick/QQuickView>

inline constexpr Prefork::Method<int(QString)> words{"words"};

int main(int argc, char *argv[])
{
    Prefork::Interface work;
    work.add(words, [](const QString &text) { return int(text.split(u' ', Qt::SkipEmptyParts).size()); });
    Prefork::Zygote zygote(work); // before the application: see qt-and-fork.md
    QGuiApplication app(argc, argv);
    QQuickView view(QUrl(QStringLiteral("qrc:/cookbook/Words.qml")));
    view.show();
    return app.exec();
}
