// SPDX-License-Identifier: MIT
#ifndef FUTURES_AWAITER_H
#define FUTURES_AWAITER_H

#include <QtPrefork/Error>

#include <QtCore/QFuture>
#include <QtCore/QFutureWatcher>

#include <coroutine>
#include <exception>

// [awaiter]
/// Lets a coroutine co_await a QFuture: it suspends the coroutine until the event loop of its thread hears that the
/// future has finished, and returns the result, or throws what the future holds.
template <class T>
class FutureAwaiter
{
public:
    explicit FutureAwaiter(const QFuture<T> &future)
        : m_future(future)
    {
    }
    bool await_ready() const { return m_future.isFinished(); }
    void await_suspend(std::coroutine_handle<> coroutine)
    {
        auto *const watcher = new QFutureWatcher<T>;
        QObject::connect(watcher, &QFutureWatcherBase::finished, watcher, [watcher, coroutine] {
            watcher->deleteLater();
            coroutine.resume();
        });
        watcher->setFuture(m_future);
    }
    T await_resume()
    {
        m_future.waitForFinished(); // returns at once, or throws the error
        if (m_future.isCanceled()) // there is no result, and result() would crash
            throw Prefork::Error(Prefork::Error::Canceled, QStringLiteral("the call was canceled"));
        if constexpr (!std::is_void_v<T>)
            return m_future.result();
    }

private:
    QFuture<T> m_future;
};

template <class T>
FutureAwaiter<T> operator co_await(const QFuture<T> &future)
{
    return FutureAwaiter<T>(future);
}

/// The return type of a coroutine that nobody awaits. The coroutine runs at once until its first co_await.
struct Task
{
    struct promise_type
    {
        Task get_return_object() { return {}; }
        std::suspend_never initial_suspend() { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() { }
        void unhandled_exception() { std::terminate(); }
    };
};
// [awaiter]

#endif
