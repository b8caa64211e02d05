// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTTOOLS_P_H
#define QTPREFORK_QML_SCRIPTTOOLS_P_H

#include "place_p.h"

#include <QtCore/QObject>
#include <QtQml/QJSValue>

#include <optional>

namespace Prefork::Qml {

/// What only JavaScript can do, as functions of one engine, whose child this is.
class ScriptTools : public QObject
{
    Q_OBJECT

public:
    /// Made at the first use.
    [[nodiscard]] static ScriptTools *of(QJSEngine *engine);

    /// What an object is: `array`, `bytes`, `object` for a plain one, else a description such as `a Map`.
    [[nodiscard]] QString kind(const QJSValue &value);
    /// The properties of a plain object: a problem, the name of the property that has it, and then names and values by
    /// turns.
    [[nodiscard]] QJSValue entries(const QJSValue &object);
    /// The bytes that an ArrayBuffer, a typed array or a DataView shows, as an ArrayBuffer.
    [[nodiscard]] QJSValue bytes(const QJSValue &value);
    /// Gives @p object a property of its own, whatever the name; `__proto__` would else be another thing.
    void define(const QJSValue &object, const QString &name, const QJSValue &value);

    /// Calls @p function. Returns what it has thrown, if it has, which need not be an error.
    [[nodiscard]] std::optional<QJSValue> attempt(const QJSValue &function, const QJSValueList &arguments);

    struct Promise
    {
        QJSValue promise;
        QJSValue resolve;
        QJSValue reject;
    };
    /// A promise, and what settles it. A rejection that nobody handles is reported to @p client, and so is one of any
    /// promise that its then() has made.
    [[nodiscard]] Promise makePromise(QObject *client, const Place &place, const QString &what);
    /// Gives @p promise a function cancel(), which is that of @p handle.
    void allowCancel(const QJSValue &promise, const QJSValue &handle);
    /// Calls @p function with @p checkout, and releases that when the promise that it returns has settled. The outcome
    /// goes to @p promise.
    void hold(const QJSValue &checkout, const QJSValue &function, const Promise &promise);

    /// Runs @p function when the event loop turns, if the engine still lives then.
    template <class F>
    void later(F function)
    {
        QMetaObject::invokeMethod(this, std::move(function), Qt::QueuedConnection);
    }

    /// A promise was rejected. If @p isHandled still says no when everything that is posted now has had its turn, that
    /// is reported.
    Q_INVOKABLE void rejected(QObject *client, const QJSValue &error, const QString &file, int line,
                              const QString &what, const QJSValue &isHandled);

private:
    explicit ScriptTools(QJSEngine *engine);
    [[nodiscard]] QJSValue run(const QString &function, const QJSValueList &arguments);

    QJSEngine *const m_engine;
    QJSValue m_functions;
};

}

#endif
