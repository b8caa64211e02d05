// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_SCRIPTTOOLS_P_H
#define QTPREFORK_QML_SCRIPTTOOLS_P_H

#include "place_p.h"

#include <QtCore/QObject>
#include <QtQml/QJSValue>

#include <optional>

namespace Prefork::Qml {

/// Has functions for what only JavaScript can do. Each engine has one such object, which is a child of the engine.
class ScriptTools : public QObject
{
    Q_OBJECT

public:
    /// Returns the tools of @p engine. They are made when this is called for the first time.
    [[nodiscard]] static ScriptTools *of(QJSEngine *engine);

    /// Returns what an object is: `array`, `bytes`, `object` for a plain one, or a description such as `a Map`.
    [[nodiscard]] QString kind(const QJSValue &value);
    /// Returns the properties of a plain object as an array: a problem, the name of the property that has the problem,
    /// and then names and values by turns.
    [[nodiscard]] QJSValue entries(const QJSValue &object);
    /// Returns the bytes that an ArrayBuffer, a typed array or a DataView shows, as an ArrayBuffer.
    [[nodiscard]] QJSValue bytes(const QJSValue &value);
    /// Gives @p object a property of its own, whatever the name. Setting `__proto__` would do something else.
    void define(const QJSValue &object, const QString &name, const QJSValue &value);

    /// Calls @p function. If it throws, this returns what it has thrown, which need not be an error.
    [[nodiscard]] std::optional<QJSValue> attempt(const QJSValue &function, const QJSValueList &arguments);

    struct Promise
    {
        QJSValue promise;
        QJSValue resolve;
        QJSValue reject;
    };
    /// Makes a promise and the functions that settle it. A rejection that nobody handles is reported to @p client, also
    /// that of a promise which then() of this one has made.
    [[nodiscard]] Promise makePromise(QObject *client, const Place &place, const QString &what);
    /// Gives @p promise a function cancel(), which calls cancel() of @p handle.
    void allowCancel(const QJSValue &promise, const QJSValue &handle);
    /// Calls @p function with @p checkout, and releases the checkout when the promise that @p function returns has
    /// settled. The outcome is that of @p promise.
    void hold(const QJSValue &checkout, const QJSValue &function, const Promise &promise);

    /// Runs @p function when the event loop turns, if the engine still lives then.
    template <class F>
    void later(F function)
    {
        QMetaObject::invokeMethod(this, std::move(function), Qt::QueuedConnection);
    }

    /// Must be called when a promise was rejected. If @p isHandled still returns false after everything that is posted
    /// now, the rejection is reported.
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
