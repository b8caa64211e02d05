// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEMESSAGES_P_H
#define QTPREFORK_ZYGOTEMESSAGES_P_H

#include <QtPrefork/worker.h>

#include <QtCore/QByteArray>

#include <array>
#include <cstring>
#include <span>
#include <type_traits>

/// These are the messages between a program and its zygote: each is one structure on a socket that keeps messages
/// apart. Both processes are the same build of the same program, so the structures need no encoding.
namespace Prefork::Internal::ZygoteMessages {

/// This is a text of a message, in UTF-8 and ending with a NUL; a longer text is cut off.
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

/// This is a message of the program to its zygote.
struct Request
{
    enum Kind : quint32 {
        Spawn, ///< fork a worker; the descriptor of its connection comes with the message
        MakeRoom, ///< the worker shall leave as soon as it is free
        Drain, ///< the same because its server ends; not if its client knows no goodbyes
        Retire, ///< the same, whatever its client knows; if that knows no goodbyes, the worker may stay until
                ///< staysUntil
        Kill, ///< end the worker now
        RenewSpares, ///< replace the spare workers whose setup has run
    };
    Kind kind = Spawn;
    bool mayWait = false; ///< of Spawn: if there can be no worker now, its connection waits for one
    bool isNativeOnly = false; ///< of Spawn: the client must speak the native protocol
    bool isToLeave = false; ///< of Spawn: the worker is drained from the beginning
    bool isSilent
        = false; ///< of Spawn: the client has written nothing yet; until it does, the zygote keeps the connection
    qint64 helloTimeout = 0; ///< of Spawn: milliseconds that the client may take for its hello; 0 = no limit
    qint64 staysUntil = 0; ///< of Retire, and of a silent Spawn (its worker is retired too): when the worker has to end
                           ///< at the latest, in the time of ScoreboardPage::now()
    quint64 id = 0; ///< id of a Spawn, which is also that of its worker
    qint64 uid = -1;
    qint64 gid = -1;
    qint64 pid = -1;
    Text<160> address;

    void setPeer(const Peer &peer)
    {
        uid = peer.uid;
        gid = peer.gid;
        pid = peer.pid;
        address.set(peer.address);
    }
    [[nodiscard]] Peer peer() const { return {uid, gid, pid, address.get()}; }
};

/// This is a message of the zygote to its program. Only the fields of its kind are set.
struct ZygoteEvent
{
    enum Kind : quint32 {
        Ready,
        Refused,
        Spawned,
        NotSpawned,
        LeftBehind, ///< the retired worker stays with its client; the program need not wait for it
        Died,
        Ending, ///< the zygote has been told by SIGTERM to end: it forks no more
    };
    Kind kind = Ready;
    enum Cause : quint32 {
        Itself,
        Hung,
        Abandoned,
        Shutdown,
        LeftForRoom,
        LeftAtShutdown,
        LeftWithoutServer,
        LeftWhenTold
    };
    Cause cause = Itself; ///< of Died
    quint32 setup = 0; ///< of Died: how the worker's setup ended, a ScoreboardPage::Setup
    quint32 slot = 0; ///< of Spawned: index of the worker's page
    quint32 capacity = 0; ///< of Ready: how many workers can live at a time
    qint32 pid = 0;
    qint32 exitCode = -1;
    qint32 signal = 0;
    quint64 id = 0; ///< id of the Spawn
    Text<400> text; ///< of Refused and NotSpawned: the cause
};

/// Returns the error text for calls after the zygote has said Ending.
[[nodiscard]] QString endingText();
/// Describes the end of a worker and its cause, from a Died event: "was killed by SIGKILL because it hung".
[[nodiscard]] QString describeDeath(const ZygoteEvent &event);

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
