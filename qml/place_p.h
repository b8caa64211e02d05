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

/// This is a line of QML or JavaScript. The line is 0 if only the file is known.
struct Place
{
    QString file = {};
    int line = 0;
};

/// Knows where a call is made, and has the Error of the call in case it fails. The Error has no message yet.
struct CallSite
{
    QJSValue error;
    Place place;

    /// Returns the line whose code is running. If no code is running, it returns the file of @p object.
    [[nodiscard]] static CallSite current(QJSEngine *engine, const QObject *object);
    /// Returns the file of @p object. This is for what happens by itself, whatever code is running.
    [[nodiscard]] static CallSite of(QJSEngine *engine, const QObject *object);
};

/// Returns the same place for the frames of C++. Names of files are kept for ever, because a SourceLocation has only a
/// pointer.
[[nodiscard]] SourceLocation locationOf(const Place &place);

/// Warns as qmlWarning() does, but names the given line.
void warnAt(QJSEngine *engine, const Place &place, const QString &text);

}

#endif
