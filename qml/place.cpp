// SPDX-License-Identifier: MIT
#include "place_p.h"

#include "scripttools_p.h"

#include <QtCore/QMutex>
#include <QtCore/QSet>
#include <QtCore/QUrl>
#include <QtQml/QQmlContext>
#include <QtQml/QQmlEngine>
#include <QtQml/QQmlError>
#include <QtQml/QQmlInfo>

namespace Prefork::Qml {

CallSite CallSite::current(QJSEngine *engine, const QObject *object)
{
    const QJSValue error = engine->newErrorObject(QJSValue::GenericError);
    const QJSValue file = error.property(QStringLiteral("fileName"));
    if (!file.isString() || file.toString().isEmpty())
        return of(engine, object);
    return {error, {file.toString(), error.property(QStringLiteral("lineNumber")).toInt()}};
}

CallSite CallSite::of(QJSEngine *engine, const QObject *object)
{
    CallSite site{engine->newErrorObject(QJSValue::GenericError), {}};
    if (const QQmlContext *const context = qmlContext(object))
        site.place.file = context->baseUrl().toString();
    ScriptTools *const tools = ScriptTools::of(engine);
    tools->define(site.error, QStringLiteral("fileName"), site.place.file);
    tools->define(site.error, QStringLiteral("lineNumber"), site.place.line);
    tools->define(site.error, QStringLiteral("stack"), site.place.file);
    return site;
}

SourceLocation locationOf(const Place &place)
{
    static QMutex mutex;
    static auto *const names = new QSet<QByteArray>; // never destroyed: frames may outlive it
    const QMutexLocker locker(&mutex);
    return {names->insert(place.file.toUtf8())->constData(), place.line};
}

// qmlWarning() would name the line of the object, and with an error it does not tell the engine's listeners.
void warnAt(QJSEngine *engine, const Place &place, const QString &text)
{
    QQmlError error;
    error.setUrl(QUrl(place.file));
    error.setLine(place.line > 0 ? place.line : -1);
    error.setDescription(text);
    error.setMessageType(QtWarningMsg);
    auto *const qmlEngine = qobject_cast<QQmlEngine *>(engine);
    if (qmlEngine)
        Q_EMIT qmlEngine->warnings({error});
    if (!qmlEngine || qmlEngine->outputWarningsToStandardError())
        qmlWarning(engine, error);
}

}
