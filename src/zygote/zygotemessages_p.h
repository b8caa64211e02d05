// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEMESSAGES_P_H
#define QTPREFORK_ZYGOTEMESSAGES_P_H

#include <QtPrefork/worker.h>

#include <QtCore/QByteArray>

#include <array>
#include <cstring>
#include <span>
#include <type_traits>

/// What a program and its zygote tell each other: one structure a message on a socket of messages. Both are the same
/// image of the same program, so the structures need no encoding.
namespace Prefork::Internal::ZygoteMessages {

template <std::size_t Size>
struct Text
{
    std::array<char, Size> bytes{};
    void set(const QString &text)
    {
        const QByteArray utf8 = text.toUtf8().left(qsizetype(Size) - 1);
        bytes.fill(0);
        std::memcpy(bytes.data(), utf8.constData(), std::size_t(utf8.size()));
    }
    [[nodiscard]] QString get() const { return QString::fromUtf8(bytes.data()); }
};

/// What a program wants of its zygote.
struct Request
{
    enum Kind : quint32 {
        Spawn, ///< comes with the connection's descriptor
        MakeRoom, ///< the worker is to leave as soon as it is free
        Drain, ///< the same, because its server comes to its end; unless its client knows no goodbyes
        Retire, ///< the same, whatever its client knows; one whose client knows no goodbyes may stay as long as
                ///< staysUntil says
        Kill, ///< now
    };
    Kind kind = Spawn;
    bool mayWait = false; ///< of Spawn: if there can be no worker now, its connection waits for one
    bool isNativeOnly = false; ///< of Spawn: the client must speak the native protocol
    bool isToLeave = false; ///< of Spawn: Drain, from the beginning
    bool isSilent
        = false; ///< of Spawn: its client has said nothing yet; until it does, the zygote keeps the connection
    qint64 helloTimeout = 0; ///< of Spawn: milliseconds the client may take for its hello, 0 = any
    qint64 staysUntil = 0; ///< of Retire, and of a silent Spawn, which is retired: when it has to go at the latest, as
                           ///< ScoreboardPage::now()
    quint64 id = 0; ///< of the Spawn, or of the worker that came of it
    qint64 uid = -1;
    qint64 gid = -1;
    qint64 pid = -1;
    Text<128> identity;
    Text<160> address;

    void setPeer(const Peer &peer)
    {
        uid = peer.uid;
        gid = peer.gid;
        pid = peer.pid;
        identity.set(peer.identity);
        address.set(peer.address);
    }
    [[nodiscard]] Peer peer() const { return {uid, gid, pid, identity.get(), address.get()}; }
};

struct Event
{
    enum Kind : quint32 {
        Ready,
        Refused,
        Spawned,
        NotSpawned,
        Left, ///< it stays on, though retired: its program need not wait for it
        Died,
        Ending, ///< the zygote has been told by SIGTERM to end: it forks no more
    };
    Kind kind = Ready;
    enum Cause : quint32 { Itself, Hung, Abandoned, Shutdown, LeftForRoom, LeftAtShutdown, LeftOrphaned, LeftWhenTold };
    Cause cause = Itself; ///< of Died
    quint32 setup = 0; ///< of Died: how its setup went, as a ScoreboardPage::Setup
    quint32 slot = 0; ///< of Spawned: its page
    quint32 capacity = 0; ///< of Ready: as many workers at a time
    qint32 pid = 0;
    qint32 exitCode = -1;
    qint32 signal = 0;
    quint64 id = 0; ///< of the Spawn
    Text<400> text; ///< the cause of Refused and NotSpawned
};

/// Why there is no worker once the zygote has said Ending.
[[nodiscard]] QString endingText();
/// What became of the worker of Died, and why: "was killed by SIGKILL because it hung".
[[nodiscard]] QString describeDeath(const Event &event);

template <class Message>
[[nodiscard]] QByteArrayView bytesOf(const Message &message)
{
    static_assert(std::is_trivially_copyable_v<Message>);
    static_assert(std::has_unique_object_representations_v<Message>,
                  "padding would send bytes that nobody has written");
    return {reinterpret_cast<const char *>(&message), qsizetype(sizeof message)};
}

template <class Message>
[[nodiscard]] std::span<char> spaceOf(Message *message)
{
    static_assert(std::is_trivially_copyable_v<Message>);
    return {reinterpret_cast<char *>(message), sizeof *message};
}

}

#endif
