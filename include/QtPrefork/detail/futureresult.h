// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_FUTURERESULT_H
#define QTPREFORK_DETAIL_FUTURERESULT_H

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/resulthandler.h>

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
            cancel({});
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
    void cancel(const Error &error) override
    {
        if (error.code() == Error::NoError)
            m_promise.future().cancel();
        else
            m_promise.setException(std::make_exception_ptr(error)); // without one a result could not even be asked for
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

/// Makes a call of a typed method whose result goes to the future returned. @p submit gets the target, the
/// CallArguments and the handler.
template <class R, class... A, class Submit, class... Arguments>
[[nodiscard]] QFuture<std::remove_cvref_t<R>> futureOfCall(const Method<R(A...)> &method, Submit &&submit,
                                                           Arguments &&...arguments)
{
    static_assert(sizeof...(Arguments) == sizeof...(A), "a future takes the method's arguments and nothing else");
    return splitCall(
        method,
        [&submit](const CallTarget &target, const CallArguments &callArguments) {
            auto handler = std::make_unique<FutureHandler<std::remove_cvref_t<R>>>();
            QFuture<std::remove_cvref_t<R>> future = handler->future();
            submit(target, callArguments, std::move(handler));
            return future;
        },
        std::forward<Arguments>(arguments)...);
}

}

#endif
