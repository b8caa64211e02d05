// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_REFUSEDRESULT_P_H
#define QTPREFORK_REFUSEDRESULT_P_H

#include <QtPrefork/detail/resulthandler.h>

namespace Prefork::Internal {

/// Takes the place of the handler of a call that must fail although its worker knows of no error: an event of the call
/// could not be read. Reader makes it, and puts it into the PendingCall. It owns the call's own handler.
///
/// When the result comes, read() refuses it because of @c problem. Then Reader fails the call; the connection stays. If
/// the call fails or is canceled before that, the own handler hears of it as usual. Handlers of events and of progress
/// hear nothing more, because this handler has no listening(); but a future still gets progress. Only the native
/// protocol has events, so accept(), which takes the results of JSON workers, is never called, and deliver() is not
/// either.
class RefusedResult final : public detail::ResultHandler
{
public:
    RefusedResult(std::unique_ptr<detail::ResultHandler> handler, const QString &problem)
        : ResultHandler((handler->hasContext() ? HasContext : 0) | (handler->hasFuture() ? HasFuture : 0)
                        | (handler->mayHaveFrame() ? MayHaveFrame : 0))
        , m_handler(std::move(handler))
        , m_problem(problem)
    {
    }
    bool accept(const QVariant &, detail::MemoryMeter *) override { return false; }
    bool read(detail::CborReader &reader) override { return reader.refuseBecause(m_problem); }
    QVariant result() const override { return {}; }
    void deliver() override { }
    bool takesErrors() const override { return m_handler->takesErrors(); }
    void fail(const Error &error) override { m_handler->fail(error); }
    void cancel() override { m_handler->cancel(); }
    void setProgress(const Progress &progress) override { m_handler->setProgress(progress); }
    bool isCanceled() const override { return m_handler->isCanceled(); }
    bool isWatched() const override { return m_handler->isWatched(); }
    void watch(QObject *context, const std::function<void()> &onCanceled) override
    {
        m_handler->watch(context, onCanceled);
    }
    Frame ownFrame() const override { return m_handler->ownFrame(); }
    Frame heldFrame() override { return m_handler->heldFrame(); }
    bool isContextElsewhere() const override { return m_handler->isContextElsewhere(); }

private:
    const std::unique_ptr<detail::ResultHandler> m_handler;
    const QString m_problem;
};

}

#endif
