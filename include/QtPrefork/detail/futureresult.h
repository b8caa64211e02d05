// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_FUTURERESULT_H
#define QTPREFORK_DETAIL_FUTURERESULT_H

#include <QtPrefork/detail/resulthandler.h>

#include <QtCore/QFuture>
#include <QtCore/QFutureWatcher>
#include <QtCore/QPromise>

#include <algorithm>
#include <limits>
#include <utility>

namespace Prefork::detail {

/// Progress in the form of a QFuture, which counts in int. Larger numbers are scaled down.
struct QFutureProgress
{
    explicit QFutureProgress(const Progress &progress)
    {
        constexpr qint64 Most = std::numeric_limits<int>::max();
        const qint64 top = std::max({progress.maximum(), progress.value(), qint64(1)});
        const qint64 divisor = (top - 1) / Most + 1;
        maximum = int(std::max(progress.maximum(), qint64(0)) / divisor);
        value = int(std::max(progress.value(), qint64(0)) / divisor);
    }
    int maximum = 0;
    int value = 0;
};

/// A receiver that gives the result to a QFuture. An error goes to the future, too: as a Prefork::Error, which the
/// future throws.
template <class R>
class FutureHandler final : public TypedResult<R>
{
public:
    FutureHandler()
        : TypedResult<R>(ResultHandler::HasFuture)
    {
        m_promise.start();
    }
    ~FutureHandler() override
    {
        if (!m_isFinished)
            FutureHandler::cancel();
    }
    [[nodiscard]] QFuture<R> future() const { return m_promise.future(); }

    void deliver() override
    {
        m_watcher.reset();
        if constexpr (!std::is_void_v<R>)
            m_promise.addResult(std::move(this->m_value));
        finish();
    }
    bool takesErrors() const override { return true; }
    void fail(const Error &error) override
    {
        m_watcher.reset();
        m_promise.setException(std::make_exception_ptr(error));
        finish();
    }
    void cancel() override
    {
        m_watcher.reset();
        m_promise.future().cancel();
        finish();
    }
    void setProgress(const Progress &progress) override
    {
        const QFutureProgress scaled(progress);
        // Without this test, watchers of the future would be told each time.
        if (std::exchange(m_maximum, scaled.maximum) != scaled.maximum)
            m_promise.setProgressRange(0, scaled.maximum);
        m_promise.setProgressValueAndText(scaled.value, progress.text());
    }
    bool isCanceled() const override { return m_promise.isCanceled(); }
    bool isWatched() const override { return m_watcher != nullptr; }
    void watch(QObject *context, const std::function<void()> &onCanceled) override
    {
        m_watcher = std::make_unique<QFutureWatcher<R>>();
        QObject::connect(m_watcher.get(), &QFutureWatcherBase::canceled, context, onCanceled);
        m_watcher->setFuture(m_promise.future());
    }

private:
    void finish()
    {
        m_isFinished = true;
        m_promise.finish();
    }

    QPromise<R> m_promise;
    // It is destroyed before this class changes the future, so that it does not report these changes.
    std::unique_ptr<QFutureWatcher<R>> m_watcher;
    bool m_isFinished = false;
    int m_maximum = 0; // the maximum of the progress
};

}

#endif
