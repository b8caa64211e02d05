// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVESESSION_P_H
#define QTPREFORK_NATIVESESSION_P_H

#include "wire/nativefeatures_p.h"
#include "worker/inlet_p.h"
#include "worker/outlet_p.h"
#include "worker/session_p.h"

namespace Prefork::Internal {

/// Serves a client of the native protocol.
///
/// Replies may be held back to be written together, a few, but only before a method that was quick the last time and
/// never slow; else they are written before the next call begins. A method that was slow then, or did not come back, is
/// not trusted again by any worker. After an error, what else has come of the same fate group is dropped unheard.
///
/// A call that was canceled before it began is answered in its turn without having run. While a method runs it may ask
/// whether it is canceled: then what has come is read. Once the client has hung up nothing begins any more.
class NativeSession final : public Session
{
public:
    NativeSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page, Channel channel,
                  qint64 maxDecodedSize = DefaultMaxDecodedSize);
    std::span<char> space() override { return m_inlet.space(); }
    bool received(qsizetype count) override;
    bool isGreeted() const override { return m_isGreeted; }
    void look(qint64 now) override;
    bool takesEvents() const override { return m_features.event; }
    void emitEvent(QAnyStringView name, const detail::CallArguments &arguments) override;
    void setProgress(const Progress &progress) override;

private:
    /// Who ran for so long has kept the replies waiting that were held back. In nanoseconds.
    static constexpr qint64 SlowRun = std::chrono::nanoseconds(std::chrono::milliseconds(1)).count();

    struct Request
    {
        quint64 id;
        quint64 group;
        QByteArrayView name; // null if it names no method
        quint64 argumentCount;
    };

    [[nodiscard]] bool isToLeave() const;
    [[nodiscard]] bool leave();
    [[nodiscard]] bool take(const Wire::Native::Packet &packet);
    [[nodiscard]] bool failUnknown(quint8 kind);
    [[nodiscard]] bool afterPacket();
    [[nodiscard]] bool serveHello(const Wire::Native::Packet &packet);
    [[nodiscard]] bool serveCall(const Wire::Native::Packet &packet);
    [[nodiscard]] bool perform(const Request &request, detail::CborReader &arguments);
    void cancelReply(Reply &reply, quint64 id, bool hasBegun);
    [[nodiscard]] bool serveCancel(const Wire::Native::Packet &packet);
    [[nodiscard]] bool serveRelease(quint64 id);
    [[nodiscard]] bool answerCanceled(quint64 id);
    void run(MethodEntry *entry, QByteArrayView name, detail::CborReader &arguments, quint64 count, Reply &reply);
    void begin(MethodEntry *entry, QByteArrayView title, quint64 id);
    void end(MethodEntry &runs);
    void setUpFor(quint64 id);
    [[nodiscard]] bool mayHold(const MethodEntry &next) const;
    [[nodiscard]] bool flush();
    void lookNow(qint64 now);
    void sendWhileRunning();
    [[nodiscard]] bool writeBothWays(QByteArrayView bytes);

    const qsizetype m_maxMessageSize;
    const qint64 m_maxDecodedSize;
    Inlet m_inlet;
    Outlet m_outlet;
    bool m_isGreeted = false;
    bool m_hasRun = false; // a method, or is about to: it is set up, and the client has been told
    Wire::Native::Features m_features; // that are spoken on this connection
    quint64 m_id = 0; // of the call that runs
    qint64 m_progressSent = 0; // when, or when it could not be
    quint64 m_deadGroup = 0; // that had an error last
    qint64 m_now = 0; // when the last thing ended; it is when the next begins
    const void *m_titled = nullptr; // the method the scoreboard shows
};

}

#endif
