// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_RUNNINGCALL_P_H
#define QTPREFORK_RUNNINGCALL_P_H

#include <QtCore/QThread>

#include <atomic>
#include <utility>

namespace Prefork::Internal {

class Session;

/// This class knows which code of the user this process runs at the moment (setup, a method, …), and for which session.
/// By it the functions of the namespace Worker, which have no object, find the call that they belong to. There is one
/// such state in a process. One thread serves and changes it; any thread may ask whether the call is canceled.
class RunningCall
{
public:
    enum Phase : quint8 {
        Nothing, ///< no code of the user that belongs to a call
        Setup, ///< setup, for a call that has not begun, or ahead
        Method,
        Result, ///< the method has returned, and its result is being encoded
        CheckoutDone,
    };

    /// While a Scope lives, this thread is in @p phase of @p session, or of no session: for a setup that runs ahead.
    class Scope
    {
        Q_DISABLE_COPY_MOVE(Scope)

    public:
        Scope(Session *session, Phase phase)
            : m_session(s_session)
            , m_phase(s_phase)
        {
            s_thread.store(QThread::currentThreadId(), std::memory_order_relaxed);
            s_session = session;
            s_phase = phase;
            s_callsLeft = s_callsEach = 1;
        }
        ~Scope()
        {
            s_session = m_session;
            s_phase = m_phase;
        }

    private:
        Session *const m_session;
        const Phase m_phase;
    };
    /// Says that the method of the current Scope has returned.
    static void hasReturned() { s_phase = Result; }

    /// cancel() says that the current call is canceled; end() says that the call has ended, and clears that.
    static void cancel() { s_isCanceled.store(true, std::memory_order_relaxed); }
    static void end() { s_isCanceled.store(false, std::memory_order_relaxed); }

    /// Says that this process was forked from a worker: it serves no connection.
    static void leaveToParent() { s_thread.store(nullptr, std::memory_order_relaxed); }

    /// This is Worker::isCanceled().
    [[nodiscard]] static bool isCanceled()
    {
        if (s_isCanceled.load(std::memory_order_relaxed))
            return true;
        return isServingThread() && --s_callsLeft <= 0 && look();
    }
    /// Returns the session whose method runs, if this is its thread. Otherwise null; the first time, the reason why
    /// @p what cannot be sent is logged.
    [[nodiscard]] static Session *sessionFor(const char *what);

private:
    [[nodiscard]] static const char *whyNot();
    [[nodiscard]] static bool isServingThread()
    {
        return s_thread.load(std::memory_order_relaxed) == QThread::currentThreadId();
    }
    [[nodiscard]] static bool look();

    static std::atomic<bool> s_isCanceled;
    static std::atomic<Qt::HANDLE> s_thread;
    static Session *s_session;
    static Phase s_phase;
    static int s_callsLeft; // calls of isCanceled() until it looks at the clock again
    static int s_callsEach; // calls of isCanceled() between two looks at the clock
    static qint64 s_lastClock;
};

}

#endif
