// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_WINDOWS_H
#define AUTOTESTS_WINDOWS_H

#include <QtCore/QTimer>
#include <QtGui/QGuiApplication>
#include <QtQuick/QQuickItem>
#include <QtQuick/QQuickWindow>
#include <QtTest/QTest>

#include <chrono>

namespace Test {

/// The first visible item, @p root or below it, whose @p property has this @p value; null if there is none.
inline QQuickItem *itemWith(QQuickItem *root, const char *property, const QVariant &value)
{
    if (root->isVisible() && root->property(property) == value)
        return root;
    for (QQuickItem *child : root->childItems()) {
        if (QQuickItem *const found = itemWith(child, property, value))
            return found;
    }
    return nullptr;
}

/// Adds the sizes of windows, as the column `size`, at which a demo must be usable.
inline void addWindowSizes()
{
    QTest::addColumn<QSize>("size");
    QTest::newRow("phone") << QSize(400, 700);
    QTest::newRow("smallest") << QSize(360, 360);
    QTest::newRow("laptop") << QSize(1280, 800);
    QTest::newRow("large") << QSize(2560, 1440);
}

/// Where an item is in its window.
inline QRect placeOf(const QQuickItem *item)
{
    return item->mapRectToScene(item->boundingRect()).toRect();
}

/// True if the key Ctrl+Q ends the application whose window this is.
inline bool endsByCtrlQ(QQuickWindow *window)
{
    constexpr int Failed = 1;
    QTimer patience;
    patience.setSingleShot(true);
    QObject::connect(&patience, &QTimer::timeout, window, [] { QCoreApplication::exit(Failed); });
    patience.start(std::chrono::seconds(30));
    QTimer::singleShot(0, window, [window] { QTest::keyClick(window, Qt::Key_Q, Qt::ControlModifier); });
    return QCoreApplication::exec() != Failed;
}

}

#endif
