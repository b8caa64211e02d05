// SPDX-License-Identifier: MIT
#ifndef STORM_SENDING_H
#define STORM_SENDING_H

#include "desk.h"

#include <QtPrefork/Client>
#include <QtPrefork/FrameTry>

#include <QtCore/QFuture>

/// How a request becomes a call. A target is a Client or a Checkout.
namespace Storm {

/// Called when a step was heard of.
using OnStep = std::function<void(int step)>;

/// Has @p make, which takes what has call() and future(), make the call of a request: with the handlers and options
/// that it needs, if it needs any. @p handle, if it is not null, receives the call.
template <class Target, class Make>
auto making(Desk *desk, Target *target, const Request &request, const OnStep &onStep, Prefork::Call *handle, Make make)
{
    Prefork::CallOptions options{.call = handle};
    if (request.runTimeout > 0)
        options.runTimeout = std::chrono::milliseconds(request.runTimeout);
    if (request.kind == Request::Tell) {
        const auto hearEvent = [desk, request, onStep](qint64 nonce, int step) {
            desk->heardEvent(request, nonce, step);
            if (onStep)
                onStep(step);
        };
        return make(
            target->with(options).on(told, hearEvent).onProgress([desk, request](const Prefork::Progress &progress) {
                desk->heardProgress(request, progress);
            }));
    }
    if (handle || request.runTimeout > 0)
        return make(target->with(options));
    return make(*target);
}

template <class Target, class... Callback>
Prefork::Call send(Desk *desk, Target *target, const Request &request, const OnStep &onStep, Callback... callback)
{
    return making(desk, target, request, onStep, nullptr, [&](auto &&maker) {
        switch (request.kind) {
        case Request::Work:
            return maker.call(work, request.id, request.nonce, request.answerSize, request.microseconds,
                              request.payload(), callback...);
        case Request::Tell:
            return maker.call(tell, request.id, request.nonce, request.answerSize, request.steps, request.microseconds,
                              callback...);
        case Request::Fail:
            return maker.call(fail, request.id, request.nonce, callback...);
        case Request::Die:
            break;
        }
        return maker.call(die, request.id, request.nonce, request.death, callback...);
    });
}

template <class Target>
QFuture<QString> sendForFuture(Desk *desk, Target *target, const Request &request, Prefork::Call *handle = nullptr)
{
    return making(desk, target, request, {}, handle, [&](auto &&maker) {
        switch (request.kind) {
        case Request::Work:
            return maker.future(work, request.id, request.nonce, request.answerSize, request.microseconds,
                                request.payload());
        case Request::Tell:
            return maker.future(tell, request.id, request.nonce, request.answerSize, request.steps,
                                request.microseconds);
        case Request::Fail:
            return maker.future(fail, request.id, request.nonce);
        case Request::Die:
            break;
        }
        return maker.future(die, request.id, request.nonce, request.death);
    });
}

/// With a callback and a catcher.
template <class Target>
Prefork::Call sendAndCatch(Desk *desk, Target *target, const Request &request, const OnStep &onStep = {})
{
    Prefork::Call call;
    Prefork::frameTry(
        [&] {
            call = send(desk, target, request, onStep,
                        [desk, request](const QString &answer) { desk->answered(request, answer); });
        },
        [desk, request](const Prefork::Error &error) { desk->failed(request, error); });
    return call;
}

/// With two callbacks. That of errors hears of what is canceled by an error before it, too.
template <class Target>
Prefork::Call sendForBoth(Desk *desk, Target *target, const Request &request)
{
    return send(
        desk, target, request, {}, [desk, request](const QString &answer) { desk->answered(request, answer); },
        [desk, request](const Prefork::Error &error) { desk->failed(request, error); });
}

/// The desk hears what becomes of @p future.
QFuture<QString> awaitFuture(Desk *desk, const Request &request, QFuture<QString> future);

/// Some time soon.
[[nodiscard]] std::chrono::milliseconds moment(Desk *desk);

}

#endif
