// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMETRY_H
#define QTPREFORK_FRAMETRY_H

#include <QtPrefork/frame.h>

namespace Prefork {

// All functions here run in the calling thread and concern no other thread: see Frame.

/// Runs @p body now, in a new frame with @p catcher, and returns its result, or a value-initialised result after an
/// error. The catcher also gets the errors of every callback that is wrapped inside @p body, even if the callback is
/// called much later. An error that the catcher throws, and that no outer catcher takes, is thrown to the caller.
template <std::invocable F>
detail::FrameResult<F> frameTry(F &&body, Catcher catcher, SourceLocation where = SourceLocation::current())
{
    return Frame::create({}, std::move(catcher), Frame::current(), where).run(std::forward<F>(body));
}
template <std::invocable F>
detail::FrameResult<F> frameTry(const FrameOptions &options, F &&body, Catcher catcher,
                                SourceLocation where = SourceLocation::current())
{
    return Frame::create(options, std::move(catcher), Frame::current(), where).run(std::forward<F>(body));
}
template <detail::FrameName Name, std::invocable F>
detail::FrameResult<F> frameTry(const Name &name, F &&body, Catcher catcher,
                                SourceLocation where = SourceLocation::current())
{
    return frameTry(FrameOptions{.name = name}, std::forward<F>(body), std::move(catcher), where);
}

/// Runs @p body now, outside any frame, for work that must not concern the current request. Neither @p body nor
/// callbacks wrapped in it reach the current catchers or see the current variables. An exception that @p body throws
/// goes to the unhandled-error handler.
template <std::invocable F>
detail::FrameResult<F> frameVoid(F &&body)
{
    return Frame().runOrReport(std::forward<F>(body));
}

/// Does the same as frameTry(), but without a parent frame. An error that the catcher throws goes to the
/// unhandled-error handler.
template <std::invocable F>
detail::FrameResult<F> frameTryVoid(F &&body, Catcher catcher, SourceLocation where = SourceLocation::current())
{
    return frameVoid([&] { return frameTry(std::forward<F>(body), std::move(catcher), where); });
}
template <std::invocable F>
detail::FrameResult<F> frameTryVoid(const FrameOptions &options, F &&body, Catcher catcher,
                                    SourceLocation where = SourceLocation::current())
{
    return frameVoid([&] { return frameTry(options, std::forward<F>(body), std::move(catcher), where); });
}
template <detail::FrameName Name, std::invocable F>
detail::FrameResult<F> frameTryVoid(const Name &name, F &&body, Catcher catcher,
                                    SourceLocation where = SourceLocation::current())
{
    return frameTryVoid(FrameOptions{.name = name}, std::forward<F>(body), std::move(catcher), where);
}

/// Runs @p body now, in a new frame that binds @p local. The binding starts value-initialised.
template <class T, std::invocable F>
detail::FrameResult<F> frameLocal(const Local<T> &local, F &&body, SourceLocation where = SourceLocation::current())
{
    return Frame::create({.locals = {local}}, Frame::current(), where).run(std::forward<F>(body));
}
/// Does the same with a first @p value of the binding.
template <class T, std::invocable F>
detail::FrameResult<F> frameLocal(Local<T> &local, std::type_identity_t<T> value, F &&body,
                                  SourceLocation where = SourceLocation::current())
{
    return Frame::create({.locals = {local}}, Frame::current(), where).run([&] {
        local = std::move(value);
        return std::invoke(std::forward<F>(body));
    });
}

}

#endif
