// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_PLACE_P_H
#define QTPREFORK_QML_PLACE_P_H

#include <QtPrefork/sourcelocation.h>

#include <QtCore/QString>
#include <QtQml/QJSValue>

QT_BEGIN_NAMESPACE
class QJSEngine;
class QObject;
QT_END_NAMESPACE

namespace Prefork::Qml {

/// A line of QML or JavaScript; the line is 0 if only the file is known.
struct Place
{
    QString file = {};
    int line = 0;
};

/// Where a call is made, and the Error that it will have if it fails, which has no message yet.
struct CallSite
{
    QJSValue error;
    Place place;

    /// The line whose code is running. If none is, it is the file of @p object.
    [[nodiscard]] static CallSite current(QJSEngine *engine, const QObject *object);
    /// The file of @p object. For what happens by itself, whatever code is running.
    [[nodiscard]] static CallSite of(QJSEngine *engine, const QObject *object);
};

/// The same for the frames of C++. File names are kept for ever, for a SourceLocation has but a pointer.
[[nodiscard]] SourceLocation locationOf(const Place &place);

/// Warns as qmlWarning() does, but in the name of that line.
void warnAt(QJSEngine *engine, const Place &place, const QString &text);

}

#endif
