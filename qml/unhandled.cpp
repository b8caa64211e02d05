// SPDX-License-Identifier: MIT
#include "unhandled_p.h"

#include "qmlclient_p.h"
#include "scripterror_p.h"

#include <QtCore/QPointer>
#include <QtQml/QJSEngine>
#include <QtQml/QQmlInfo>

namespace Prefork::Qml {

namespace {

// Returns where an error was thrown, if that is another line than the one that the warning names.
QString origin(const QJSValue &error, const Place &place)
{
    const QJSValue file = error.property(QStringLiteral("fileName"));
    const int line = error.property(QStringLiteral("lineNumber")).toInt();
    if (!error.isError() || !file.isString() || (file.toString() == place.file && line == place.line))
        return {};
    return QStringLiteral(" (%1:%2)").arg(file.toString()).arg(line);
}

}

void reportUnhandled(QJSEngine *engine, QObject *client, const QJSValue &error, const Place &place, const QString &what,
                     const QObject *element)
{
    if (hasCode(error, Error::Canceled))
        return;
    const QPointer<QObject> reporter(client);
    const QString detail = error.isError() ? error.property(QStringLiteral("detail")).toString() : QString();
    QString text = QStringLiteral("%1: %2").arg(what, error.toString());
    if (!detail.isEmpty() && detail != QLatin1StringView("undefined"))
        text += QStringLiteral(" (%1)").arg(detail);
    text += origin(error, place);
    if (element && place.line == 0)
        qmlWarning(element) << text;
    else
        warnAt(engine, place, text);
    if (auto *const listener = qobject_cast<QmlClient *>(reporter.data()))
        Q_EMIT listener->unhandledError(error);
}

}
