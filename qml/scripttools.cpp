// SPDX-License-Identifier: MIT
#include "scripttools_p.h"

#include "unhandled_p.h"

#include <QtCore/QTimer>
#include <QtQml/QJSEngine>

namespace Prefork::Qml {

namespace {

// The engine of Qt 6.4 knows ES2016, and neither async functions nor Promise.finally(). Assigning to `then` of a
// promise has no effect there, for the prototype has one that cannot be written.
constexpr char Script[] = R"js((function(tools) {
'use strict';
const nativeThen = Promise.prototype.then;
const isEnumerable = Object.prototype.propertyIsEnumerable;
const classes = [[Map, 'a Map'], [Set, 'a Set'], [WeakMap, 'a WeakMap'], [WeakSet, 'a WeakSet'],
    [Promise, 'a Promise'], [Error, 'an Error'], [RegExp, 'a RegExp'], [Number, 'a Number object'],
    [String, 'a String object'], [Boolean, 'a Boolean object']];

function define(object, name, value) {
    Object.defineProperty(object, name, {value: value, writable: true, enumerable: true, configurable: true});
}

function kind(value) {
    if (typeof value === 'symbol')
        return 'a Symbol';
    if (Array.isArray(value))
        return 'array';
    if (value instanceof ArrayBuffer || ArrayBuffer.isView(value))
        return 'bytes';
    for (const known of classes) {
        if (value instanceof known[0])
            return known[1];
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype === null || prototype === Object.prototype)
        return 'object';
    const maker = prototype.constructor;
    return typeof maker === 'function' && maker.name ? 'an object of class ' + maker.name : 'an object of a class';
}

function entries(object) {
    const list = ['', ''];
    let name = '';
    try {
        if (Object.getOwnPropertySymbols(object).length > 0)
            return ['a property that is named by a Symbol cannot be sent', ''];
        for (name of Object.getOwnPropertyNames(object)) { // Object.keys() of Qt 6.4 runs getters
            if (isEnumerable.call(object, name))
                list.push(name, object[name]);
        }
    } catch (error) {
        return ['its getter has thrown ' + error, name];
    }
    return list;
}

function bytes(value) {
    return value instanceof ArrayBuffer
        ? value : value.buffer.slice(value.byteOffset, value.byteOffset + value.byteLength);
}

function attempt(f, ...values) {
    try {
        Reflect.apply(f, undefined, values);
    } catch (error) {
        return [error];
    }
}

function track(promise, client, file, line, what) {
    let handled = false;
    Object.defineProperty(promise, 'then', {value: function(onResult, onError) {
        handled = true;
        return track(nativeThen.call(promise, onResult, onError), client, file, line, what);
    }});
    nativeThen.call(promise, undefined, function(error) {
        if (!handled)
            tools.rejected(client, error, file, line, what, () => handled);
    });
    return promise;
}

function makePromise(client, file, line, what) {
    let settle;
    const promise = new Promise((resolve, reject) => { settle = [resolve, reject]; });
    return [track(promise, client, file, line, what), settle[0], settle[1]];
}

function allowCancel(promise, handle) {
    Object.defineProperty(promise, 'cancel', {value: () => handle.cancel()});
}

function hold(checkout, f, resolve, reject) {
    let result;
    try {
        result = f(checkout);
        if (result && typeof result.then === 'function') {
            result.then(value => { checkout.release(); resolve(value); },
                error => { checkout.release(); reject(error); });
            return;
        }
    } catch (error) {
        checkout.release();
        reject(error);
        return;
    }
    checkout.release();
    resolve(result);
}

return {define, kind, entries, bytes, attempt, makePromise, allowCancel, hold};
}))js";

}

ScriptTools::ScriptTools(QJSEngine *engine)
    : QObject(engine)
    , m_engine(engine)
    , m_functions(engine->evaluate(QString::fromUtf8(Script), QStringLiteral("qrc:/qt/qml/Prefork/tools.js"))
                      .call({engine->newQObject(this)}))
{
    Q_ASSERT(!m_functions.isError());
}

ScriptTools *ScriptTools::of(QJSEngine *engine)
{
    auto *tools = engine->findChild<ScriptTools *>(QString(), Qt::FindDirectChildrenOnly);
    return tools ? tools : new ScriptTools(engine);
}

QJSValue ScriptTools::run(const QString &function, const QJSValueList &arguments)
{
    return m_functions.property(function).call(arguments);
}

QString ScriptTools::kind(const QJSValue &value)
{
    const QJSValue kind = run(QStringLiteral("kind"), {value});
    return kind.isString() ? kind.toString() : QStringLiteral("an object that does not say what it is");
}

QJSValue ScriptTools::entries(const QJSValue &object)
{
    return run(QStringLiteral("entries"), {object});
}

QJSValue ScriptTools::bytes(const QJSValue &value)
{
    return run(QStringLiteral("bytes"), {value});
}

void ScriptTools::define(const QJSValue &object, const QString &name, const QJSValue &value)
{
    static_cast<void>(run(QStringLiteral("define"), {object, name, value}));
}

std::optional<QJSValue> ScriptTools::attempt(const QJSValue &function, const QJSValueList &arguments)
{
    const QJSValue thrown = run(QStringLiteral("attempt"), QJSValueList{function} + arguments);
    if (thrown.isUndefined())
        return std::nullopt;
    return thrown.isArray() ? thrown.property(0) : thrown;
}

ScriptTools::Promise ScriptTools::makePromise(QObject *client, const Place &place, const QString &what)
{
    const QJSValue made
        = run(QStringLiteral("makePromise"), {m_engine->toScriptValue(client), place.file, place.line, what});
    return {made.property(0), made.property(1), made.property(2)};
}

void ScriptTools::allowCancel(const QJSValue &promise, const QJSValue &handle)
{
    static_cast<void>(run(QStringLiteral("allowCancel"), {promise, handle}));
}

void ScriptTools::hold(const QJSValue &checkout, const QJSValue &function, const Promise &promise)
{
    static_cast<void>(run(QStringLiteral("hold"), {checkout, function, promise.resolve, promise.reject}));
}

// A timer of 0 ms fires after everything that is posted, such as the next steps of promises.
void ScriptTools::rejected(QObject *client, const QJSValue &error, const QString &file, int line, const QString &what,
                           const QJSValue &isHandled)
{
    const QPointer<QObject> reporter(client);
    QTimer::singleShot(0, this, [this, reporter, error, place = Place{file, line}, what, isHandled] {
        if (!isHandled.call().toBool())
            reportUnhandled(m_engine, reporter, error, place, what);
    });
}

}
