// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVESESSION_P_H
#define QTPREFORK_NATIVESESSION_P_H

#include "wire/nativefeatures_p.h"
#include "worker/inputqueue_p.h"
#include "worker/outputqueue_p.h"
#include "worker/session_p.h"

namespace Prefork::Internal {

/// Serves a client that speaks the native protocol. Session::make() makes it, and the worker process puts the client's
/// bytes into space() and calls received(), as for every Session. The session takes messages from an InputQueue, runs
/// what they ask for, and puts the answers into an OutputQueue. It writes them by its Channel, before received()
/// returns at the latest.
///
/// A few replies may be held back to be written together, but only before a call of the same fate group, of a method
/// whose last run was quick and that was never slow; before any other call they are written first. A method that was
/// slow while replies were held back, or did not return, gets a flag by which no worker holds replies back for it
/// again. After an error, the further calls of the same fate group are dropped without an answer.
///
/// A call that was canceled before it began is answered in its turn, and does not run. A running method may ask whether
/// it is canceled: then the session reads what has come. When the client has hung up, no further call begins. When the
/// zygote has asked the worker to leave, received() returns false as soon as no checkout holds the worker; what was
/// read and not begun then never begins.
class NativeSession final : public Session
{
public:
    NativeSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page, Channel channel,
                  qint64 maxDecodedSize = DefaultMaxDecodedSize);
    std::span<char> space() override { return m_input.space(); }
    bool received(qsizetype count) override;
    bool isGreeted() const override { return m_isGreeted; }
    void look(qint64 now) override;
    bool takesEvents() const override { return m_features.event; }
    void emitEvent(QAnyStringView name, const detail::CallArguments &arguments) override;
    void setProgress(const Progress &progress) override;

private:
    /// A method that runs for so many nanoseconds is slow: it keeps the held replies waiting.
    static constexpr qint64 SlowRun = std::chrono::nanoseconds(std::chrono::milliseconds(1)).count();

    struct Request
    {
        quint64 id;
        quint64 group;
        QByteArrayView name; // null if the call names no method
        quint64 argumentCount;
    };

    [[nodiscard]] bool isToLeave() const;
    // Where nothing else is said, false means that the connection must end.
    [[nodiscard]] bool leave();
    [[nodiscard]] bool take(const Wire::Native::Packet &packet);
    [[nodiscard]] bool failUnknown(quint8 kind);
    [[nodiscard]] bool afterPacket();
    [[nodiscard]] bool serveHello(const Wire::Native::Packet &packet);
    [[nodiscard]] bool serveCall(const Wire::Native::Packet &packet);
    [[nodiscard]] bool perform(const Request &request, detail::CborReader &arguments);
    // Puts the answer that a call was canceled in place of its reply.
    void cancelReply(Reply &reply, quint64 id, bool hasBegun);
    [[nodiscard]] bool serveCancel(const Wire::Native::Packet &packet);
    [[nodiscard]] bool serveRelease(quint64 id);
    [[nodiscard]] bool answerCanceled(quint64 id);
    // Runs the method of a call, or the fallback if @p entry is null.
    void run(MethodEntry *entry, QByteArrayView name, detail::CborReader &arguments, quint64 count, Reply &reply);
    // begin() and end() keep the page of the scoreboard, and end() also how long the method ran.
    void begin(MethodEntry *entry, QByteArrayView title, quint64 id);
    void end(MethodEntry &runs);
    // Runs setup for the first call, whose number is @p id, and tells the client that the call begins.
    [[nodiscard]] bool setUpFor(quint64 id);
    // Returns whether the replies that wait may wait until @p next has run.
    [[nodiscard]] bool mayHold(const MethodEntry &next, quint64 group) const;
    [[nodiscard]] bool flush();
    // These three are used while a method runs. The last one also reads while it cannot write. It returns false if the
    // bytes cannot be delivered.
    void lookNow(qint64 now);
    void sendWhileRunning();
    [[nodiscard]] bool writeBothWays(QByteArrayView bytes);

    const qsizetype m_maxMessageSize;
    const qint64 m_maxDecodedSize;
    InputQueue m_input;
    OutputQueue m_output;
    bool m_isGreeted = false;
    bool m_hasRun = false; // a method has run, or is about to: setup has succeeded, and the client has been told
    Wire::Native::Features m_features; // the features that both sides speak
    quint64 m_id = 0; // id of the call that runs
    qint64 m_progressSent = 0; // when progress was last sent, or could not be
    quint64 m_failedGroup = 0; // the fate group that had the last error
    quint64 m_lastGroup = 0; // the fate group of the call that ran last, and of all replies that are held back
    qint64 m_now = 0; // when the last work ended, which is taken as the beginning of the next
    const void *m_shownMethod = nullptr; // the method whose name is on the scoreboard's page
};

}

#endif
