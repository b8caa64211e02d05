// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEMESSAGES_P_H
#define QTPREFORK_ZYGOTEMESSAGES_P_H

#include <QtPrefork/worker.h>

#include <QtCore/QByteArray>

#include <array>
#include <cstring>
#include <span>
#include <type_traits>

/// What a program and its zygote tell each other: one structure a message on a socket of messages. Both are the same image of the same
/// program, so the structures need no encoding.
namespace Prefork::ZygoteMessages {

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

/// Comes with the connection's descriptor.
struct Spawn
{
    quint64 id = 0;
    qint64 uid = -1;
    qint64 gid = -1;
    qint64 pid = -1;
    Text<128> identity;
    Text<160> address;

    static Spawn of(quint64 id, const Peer &peer)
    {
        Spawn spawn;
        spawn.id = id;
        spawn.uid = peer.uid;
        spawn.gid = peer.gid;
        spawn.pid = peer.pid;
        spawn.identity.set(peer.identity);
        spawn.address.set(peer.address);
        return spawn;
    }
    [[nodiscard]] Peer peer() const { return {uid, gid, pid, identity.get(), address.get()}; }
};

struct Event
{
    enum Kind : quint32 { Ready, Refused, Spawned, NotSpawned, Died };
    Kind kind = Ready;
    bool hung = false; ///< of Died: it was killed because it hung
    bool abandoned = false; ///< of Died: it was killed because its client had hung up
    qint32 pid = 0;
    qint32 exitCode = -1;
    qint32 signal = 0;
    quint64 id = 0; ///< of the Spawn
    Text<400> text; ///< the cause of Refused and NotSpawned
};

/// What became of the worker of Died, and why: "was killed by SIGKILL because it hung".
[[nodiscard]] QString describeDeath(const Event &event);

template <class Message>
[[nodiscard]] QByteArrayView bytesOf(const Message &message)
{
    static_assert(std::is_trivially_copyable_v<Message>);
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
