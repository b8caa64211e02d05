// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SESSION_P_H
#define QTPREFORK_SESSION_P_H

#include "wire/buffertrimmer_p.h"
#include "worker/channel_p.h"
#include "worker/interface_p.h"
#include "worker/runningcall_p.h"
#include "worker/scoreboardpage_p.h"
#include "worker/workersetup_p.h"

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/progress.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QByteArrayView>

#include <memory>
#include <span>

namespace Prefork::Internal {

/// This is a worker's side of its one connection, for one protocol: the client's bytes go in, it runs the interface's
/// methods, and writes replies by means of a Channel. The worker process reads the connection and calls received(); the
/// session itself reads only while a method runs, and never forks or exits. It keeps the worker's page of the
/// scoreboard.
class Session
{
    Q_DISABLE_COPY_MOVE(Session)

public:
    /// Makes the session for the protocol whose first byte is @p first.
    [[nodiscard]] static std::unique_ptr<Session> make(char first, InterfacePrivate &interface,
                                                       qsizetype maxMessageSize, ScoreboardPage *page, Channel channel,
                                                       qint64 maxDecodedSize = DefaultMaxDecodedSize);
    virtual ~Session();

    /// Returns where to read the connection's bytes to; never empty.
    [[nodiscard]] virtual std::span<char> space() = 0;
    /// Serves all requests that are whole with the @p count bytes that were put into space(), one after the other.
    /// False ends the connection: errorString() says why, or is empty if the connection simply ends.
    [[nodiscard]] virtual bool received(qsizetype count) = 0;
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Returns whether the client has sent what its protocol begins with.
    [[nodiscard]] virtual bool isGreeted() const { return true; }
    /// Returns whether recent messages were so much larger than usual that memory should be given back to the system.
    /// It is asked after received().
    [[nodiscard]] bool hasMemoryToSpare();
    /// Serves @p bytes, which were not read into space(), as received() does.
    [[nodiscard]] bool serve(QByteArrayView bytes);
    /// This is for a session inside an ordinary program: if the program has an application object, setApplication()
    /// makes none, and posted events are left to the program's event loop.
    void useExistingApplication() { m_setup.useExistingApplication(); }
    /// Goes on with a setup that has run ahead, or may have. Call it before the first bytes are served.
    void adopt(WorkerSetup setup) { m_setup = std::move(setup); }

    /// This is called while the user's code runs for a call. It finds out, if the last look is long enough ago, whether
    /// the call is canceled, and tells RunningCall if it is.
    virtual void look(qint64 now) = 0;
    /// These send what the running method says besides its result. emitEvent() and setProgress() throw if it cannot be
    /// sent.
    [[nodiscard]] virtual bool takesEvents() const { return false; }
    virtual void emitEvent(QAnyStringView /*name*/, const detail::CallArguments & /*arguments*/) { }
    virtual void setProgress(const Progress & /*progress*/) { }

protected:
    Session(InterfacePrivate &interface, ScoreboardPage *page, Channel channel);

    void ensureSetUp()
    {
        if (!m_setup.isDone())
            m_setup.run(this);
    }
    [[nodiscard]] bool isSetUp() const { return m_setup.isDone(); }
    /// Runs the checkoutDone function, if there is one. Returns false if it failed, and the worker must end.
    [[nodiscard]] bool runCheckoutDone();
    [[nodiscard]] bool hasApplication() const { return m_setup.hasApplication(); }
    /// Delivers posted events, after a reply has been written; for a worker with an application. Returns false if a
    /// handler failed, and the worker must end.
    [[nodiscard]] bool deliverEvents();
    /// If the worker dies between these two, half a message may have been written.
    void beginWriting() { m_page->midWrite.store(1, std::memory_order_relaxed); }
    void endWriting() { m_page->midWrite.store(0, std::memory_order_release); }
    /// Returns the name of an error's code as it is sent to the client.
    [[nodiscard]] static QString codeName(Error::Code code);
    bool fail(const QString &error);
    /// Says that a message of so many bytes, in either direction, is being handled.
    void noteSize(qsizetype bytes) { m_largest = std::max(m_largest, bytes); }

    InterfacePrivate &m_interface;
    ScoreboardPage *const m_page;
    const Channel m_channel;

private:
    WorkerSetup m_setup;
    Wire::BufferTrimmer m_trimmer;
    qsizetype m_largest = 0; // the largest message since hasMemoryToSpare() was last asked
    qsizetype m_spare = 0; // the largest message since hasMemoryToSpare() last returned true
    QString m_error;
};

}

#endif
