// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FUTUREWATCH_P_H
#define QTPREFORK_FUTUREWATCH_P_H

#include "pool/pooltypes_p.h"

#include <QtPrefork/detail/listening.h>

#include <QtCore/QFutureWatcher>

#include <memory>
#include <vector>

namespace Prefork::Internal {

class ClientCore;
class FutureWatches;

/// Hears when the future of one call is canceled, in whatever thread, and cancels the call. There is one for each
/// future, for an event that waits for a watcher is lost when that lets go of any future.
class FutureWatch final : public QFutureWatcherBase, public detail::CancelWatch
{
public:
    explicit FutureWatch(FutureWatches *home)
        : m_home(home)
    {
    }
    ~FutureWatch() override { stop(); }

    /// @p future lives until stop().
    void start(QFutureInterfaceBase *future, const Pooling::CallRef &call);
    void stop();
    /// Stops, and is there to be used again.
    void end() override;

protected:
    bool event(QEvent *event) override;
    const QFutureInterfaceBase &futureInterface() const override { return *m_future; }
    QFutureInterfaceBase &futureInterface() override { return *m_future; }

private:
    FutureWatches *const m_home;
    QFutureInterfaceBase *m_future = nullptr;
    Pooling::CallRef m_call;
};

/// Those of a client, to be used again.
class FutureWatches
{
    Q_DISABLE_COPY_MOVE(FutureWatches)

public:
    explicit FutureWatches(ClientCore *core)
        : m_core(core)
    {
    }
    [[nodiscard]] detail::CancelWatchPtr take(QFutureInterfaceBase *future, const Pooling::CallRef &call);

private:
    friend class FutureWatch;
    void giveBack(FutureWatch *watch);

    ClientCore *const m_core;
    std::vector<std::unique_ptr<FutureWatch>> m_spare;
};

}

#endif
