// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SESSION_P_H
#define QTPREFORK_SESSION_P_H

#include "wire/thrift_p.h"
#include "worker/channel_p.h"
#include "worker/interface_p.h"
#include "worker/running_p.h"
#include "worker/scoreboardpage_p.h"

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/progress.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QByteArrayView>

#include <memory>
#include <span>

namespace Prefork::Internal {

/// A worker's side of its one connection, without the connection: requests in, the interface run, replies out.
class Session
{
    Q_DISABLE_COPY_MOVE(Session)

public:
    /// The session for a client that begins to speak with @p first.
    [[nodiscard]] static std::unique_ptr<Session> make(char first, InterfacePrivate &interface,
                                                       qsizetype maxMessageSize, ScoreboardPage *page, Channel channel,
                                                       qint64 maxDecodedSize = DefaultMaxDecodedSize);
    virtual ~Session();

    /// Where to read the connection's bytes to; never empty.
    [[nodiscard]] virtual std::span<char> space() = 0;
    /// Serves what is whole with the @p count bytes that were put there, one request after the other. False ends the
    /// connection: errorString() says why, or is empty when nobody is there to hear replies.
    [[nodiscard]] virtual bool received(qsizetype count) = 0;
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Whether the client has introduced itself, as far as its protocol asks for that.
    [[nodiscard]] virtual bool isGreeted() const { return true; }
    /// Whether messages were so much larger than those of late that what they took should go back to the system. Asked
    /// after received().
    [[nodiscard]] bool hasMemoryToSpare();
    /// The same for bytes that lie elsewhere.
    [[nodiscard]] bool serve(QByteArrayView bytes);
    /// For a session in a program of another purpose: if there is an application already, setApplication() makes none,
    /// and what is posted is left to that one's event loop.
    void useExistingApplication() { m_usesExistingApplication = true; }

    /// While user code runs for a call: looks whether that is still wanted, if it has not looked for a while, and tells
    /// Running if it is not.
    virtual void look(qint64 now) = 0;
    /// What the method that runs has to say. Both throw if it cannot be sent.
    [[nodiscard]] virtual bool takesEvents() const { return false; }
    virtual void emitEvent(QAnyStringView /*name*/, const detail::CallArguments & /*arguments*/) { }
    virtual void setProgress(const Progress & /*progress*/) { }

protected:
    Session(InterfacePrivate &interface, ScoreboardPage *page, Channel channel);

    void ensureSetUp()
    {
        if (!m_isSetUp)
            setUp();
    }
    [[nodiscard]] bool isSetUp() const { return m_isSetUp; }
    /// Whether the worker may serve on.
    [[nodiscard]] bool runCheckoutDone();
    [[nodiscard]] bool hasApplication() const { return m_hasApplication; }
    /// With an application, after a reply has been written: delivers what was posted. Whether the worker may serve on.
    [[nodiscard]] bool deliverEvents();
    /// Between the two the stream may end in half a message.
    void beginWriting() { m_page->midWrite.store(1, std::memory_order_relaxed); }
    void endWriting() { m_page->midWrite.store(0, std::memory_order_release); }
    /// What of an error's code crosses the wire.
    [[nodiscard]] static QString codeName(Error::Code code);
    bool fail(const QString &error);
    /// A message of so many bytes, in either direction, is being dealt with.
    void noteSize(qsizetype bytes) { m_largest = std::max(m_largest, bytes); }

    InterfacePrivate &m_interface;
    ScoreboardPage *const m_page;
    const Channel m_channel;

private:
    void setUp();

    bool m_isSetUp = false;
    bool m_hasApplication = false; // made by this session
    bool m_usesExistingApplication = false;
    Wire::Thrift m_thrift;
    qsizetype m_largest = 0; // message since hasMemoryToSpare() was asked
    qsizetype m_spare = 0; // the largest one since it said so
    QString m_error;
};

}

#endif
