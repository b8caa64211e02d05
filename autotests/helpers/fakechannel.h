// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_FAKECHANNEL_H
#define AUTOTESTS_FAKECHANNEL_H

#include "helpers/nativebytes.h"
#include "worker/nativesession_p.h"

#include <QtPrefork/Interface>

namespace Test {

/// A worker's connection without a socket: what its client has sent and the worker has not read, what the worker has
/// written, and how much more it may write before the client reads.
struct FakeConnection
{
    QByteArray unread;
    QByteArray written;
    qsizetype room = std::numeric_limits<qsizetype>::max();
    qsizetype mostAtOnce = std::numeric_limits<qsizetype>::max(); ///< that one read brings
    bool hasEnded = false; ///< behind what is unread
    bool isGone = false; ///< nobody reads
    qsizetype largestWrite = 0; ///< between methods
    int waits = 0;
    bool hasWaitedForInput = false; ///< the last time
    std::function<void()> onWait = [] { };
    std::function<void()> onWrite = [] { }; ///< after a write while a method runs

    [[nodiscard]] Prefork::Internal::Channel channel()
    {
        Prefork::Internal::Channel channel = [this](QByteArrayView bytes) {
            written += bytes;
            largestWrite = std::max(largestWrite, bytes.size());
            return !isGone;
        };
        channel.readNow = [this](std::span<char> into) { return read(into); };
        channel.writeNow = [this](QByteArrayView bytes) { return write(bytes); };
        channel.hasRoom = [this] { return room > 0; };
        channel.wait = [this](bool orInput) {
            ++waits;
            hasWaitedForInput = orInput;
            onWait();
        };
        channel.hasHungUp = [this](bool) { return hasEnded; };
        return channel;
    }

private:
    [[nodiscard]] qsizetype read(std::span<char> into)
    {
        if (unread.isEmpty())
            return hasEnded ? -1 : 0;
        const qsizetype count = std::min({unread.size(), qsizetype(into.size()), mostAtOnce});
        std::copy_n(unread.constData(), count, into.data());
        unread.remove(0, count);
        return count;
    }
    [[nodiscard]] qsizetype write(QByteArrayView bytes)
    {
        if (isGone)
            return -1;
        const qsizetype count = std::min(bytes.size(), room);
        written += bytes.first(count);
        room -= count;
        onWrite();
        return count;
    }
};

/// A worker on such a connection.
struct FakeWorker
{
    FakeConnection connection;
    Prefork::Interface interface;
    Prefork::Internal::ScoreboardPage page;
    std::unique_ptr<Prefork::Internal::NativeSession> session;

    /// Begins the session; @p greeting is the client's.
    [[nodiscard]] bool greet(const QByteArray &greeting, qsizetype limit = 1 << 20)
    {
        session = std::make_unique<Prefork::Internal::NativeSession>(Prefork::InterfacePrivate::of(interface), limit,
                                                                     &page, connection.channel());
        const bool goesOn = session->serve(greeting);
        connection.written.clear();
        return goesOn;
    }
    /// Serves @p bytes, and returns what was written meanwhile.
    QByteArray answerTo(QByteArrayView bytes)
    {
        connection.written.clear();
        if (!session->serve(bytes))
            return connection.written + "end: " + session->errorString().toUtf8();
        return connection.written;
    }
};

/// The hello of a client of ours, with the features it names.
[[nodiscard]] inline QByteArray helloWithFeatures(const QByteArrayList &features)
{
    QByteArrayList names;
    for (const QByteArray &feature : features)
        names.append(text(feature));
    return hello(map({text("version"), "\x01", text("limit"), longHead(0, 1 << 20), text("features"), array(names)}));
}
[[nodiscard]] inline QByteArray call(const QByteArray &method, const QByteArrayList &arguments, quint64 id,
                                     quint64 group = 1)
{
    return packet(CallKind, bigEndian(group) + array(QByteArrayList{map({}), text(method)} + arguments), id);
}
[[nodiscard]] inline QByteArray cancel(quint64 id)
{
    return packet(CancelKind, {}, id);
}
[[nodiscard]] inline QByteArray failureOf(const QByteArray &code, const QByteArray &message, quint64 id)
{
    return packet(FailureKind, array({map({text("code"), text(code)}), text(message)}), id);
}

}

#endif
