// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMETRY_H
#define QTPREFORK_FRAMETRY_H

#include <QtPrefork/frame.h>

namespace Prefork {

// All of this runs in the calling thread and concerns no other: see Frame.

/// Runs @p body at once in a new frame with @p catcher (parity row F9). The catcher also gets the errors of every
/// callback wrapped inside, however much later. Returns what @p body returns, or a value-initialised result after an
/// error. What the catcher throws, and no catcher outside takes, is thrown.
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

/// Runs @p body at once outside any frame, for work that must not concern the current request (parity row F10): nothing
/// in it, or wrapped in it, reaches the current catchers or sees the current bindings. What it throws goes to the
/// unhandled-error handler.
template <std::invocable F>
detail::FrameResult<F> frameVoid(F &&body)
{
    return Frame().runOrReport(std::forward<F>(body));
}

/// frameTry() without a parent frame (parity row F10); what its catcher throws goes to the unhandled-error handler.
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

/// Runs @p body at once in a new frame that binds @p local, which starts value-initialised (parity row F11).
template <class T, std::invocable F>
detail::FrameResult<F> frameLocal(const Local<T> &local, F &&body, SourceLocation where = SourceLocation::current())
{
    return Frame::create({.locals = {local}}, Frame::current(), where).run(std::forward<F>(body));
}
/// The same with a first @p value.
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
