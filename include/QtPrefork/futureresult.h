// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FUTURERESULT_H
#define QTPREFORK_FUTURERESULT_H

#include <QtPrefork/resulthandler.h>

#include <QtCore/QFuture>
#include <QtCore/QPromise>

namespace Prefork::detail {

/// A result that goes to a QFuture, as do errors: as a Prefork::Error, which the future rethrows.
template <class R>
class FutureHandler final : public TypedResult<R>
{
public:
    FutureHandler() { m_promise.start(); }
    ~FutureHandler() override
    {
        if (!m_isFinished)
            cancel();
    }
    [[nodiscard]] QFuture<R> future() const { return m_promise.future(); }

    void deliver() override
    {
        if constexpr (!std::is_void_v<R>)
            m_promise.addResult(std::move(this->m_value));
        finish();
    }
    bool fail(const Error &error) override
    {
        m_promise.setException(std::make_exception_ptr(error));
        finish();
        return true;
    }
    void cancel() override
    {
        m_promise.future().cancel();
        finish();
    }
    bool isCanceled() const override { return m_promise.isCanceled(); }
    bool isCancelable() const override { return true; }

private:
    void finish()
    {
        m_isFinished = true;
        m_promise.finish();
    }

    QPromise<R> m_promise;
    bool m_isFinished = false;
};

/// Makes the handler of a call, and its future.
template <class R>
[[nodiscard]] std::pair<std::unique_ptr<ResultHandler>, QFuture<R>> makeFuture()
{
    auto handler = std::make_unique<FutureHandler<R>>();
    QFuture<R> future = handler->future();
    return {std::move(handler), std::move(future)};
}

}

#endif
