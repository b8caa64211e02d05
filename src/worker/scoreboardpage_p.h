// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SCOREBOARDPAGE_P_H
#define QTPREFORK_SCOREBOARDPAGE_P_H

#include <QtCore/QByteArray>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <vector>

namespace Prefork::Internal {

/// This is one worker's page of the scoreboard, which is shared memory: what the worker is doing, and which calls it
/// has begun. That worker alone writes it while it lives, without system calls; its zygote and its server read it at
/// any moment.
struct ScoreboardPage
{
    enum State : quint32 { Free, Idle, Busy };
    enum Protocol : quint32 { UnknownProtocol, Json, Native };
    enum Setup : quint32 { NotSetUp, SetupFailed, SetUp, SettingUp };
    static constexpr std::size_t MethodBytes = 64;
    static constexpr std::size_t BegunSlots = 64;
    static constexpr quint32 Layout
        = 3; ///< the version of the members below and their order; raise it with every change

    std::atomic<quint32> layout{Layout};
    std::atomic<quint32> state{Free};
    std::atomic<quint32> midWrite{0}; ///< 1 while a message is being written that may end up half written
    std::atomic<quint32> protocol{UnknownProtocol}; ///< the protocol of the worker's connection
    std::atomic<quint32> greeted{0}; ///< 1 when the worker's hello is about to be written, if its protocol has a hello
    std::atomic<quint32> held{0}; ///< 1 from the first call of a checkout until its release
    std::atomic<quint32> askedToLeave{0}; ///< 1 when the worker has been asked to end as soon as it is free
    std::atomic<quint32> setup{NotSetUp}; ///< how the last run of setup ended, or that it has not ended
    std::atomic<quint32> heldFor{
        0}; ///< while held replies wait for a method: 1 + index of the method's flag (InterfacePrivate); otherwise 0
    std::atomic<quint32> hasConnection{0}; ///< 1 when the worker has its connection, and may have read from it
    std::atomic<qint64> since{0}; ///< steady_clock, ns: when the state began
    std::atomic<quint64> lastStarted{0}; ///< number of the last call begun on this connection
    std::atomic<quint64> served{0}; ///< calls answered
    std::array<std::atomic<quint64>, MethodBytes / sizeof(quint64)> method{};
    /// The numbers of the calls that have begun and whose answers were not written, in any order; 0 = an unused slot.
    std::array<std::atomic<quint64>, BegunSlots> begun{};

    static qint64 now()
    {
        return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
    }

    void enter(State next, qint64 when = now())
    {
        since.store(when, std::memory_order_relaxed);
        state.store(next, std::memory_order_release);
    }
    void setMethod(QByteArrayView name)
    {
        std::array<char, MethodBytes> bytes{};
        std::copy_n(name.begin(), std::min(std::size_t(name.size()), MethodBytes - 1), bytes.begin());
        for (std::size_t i = 0; i < method.size(); ++i) {
            quint64 word = 0;
            std::memcpy(&word, bytes.data() + i * sizeof word, sizeof word);
            method[i].store(word, std::memory_order_relaxed);
        }
    }
    /// Returns whether this is a spare worker that is ready for a connection.
    [[nodiscard]] bool isParked() const
    {
        return state.load(std::memory_order_acquire) == Idle && hasConnection.load(std::memory_order_relaxed) == 0;
    }
    /// Returns the numbers in `begun`, sorted.
    [[nodiscard]] std::vector<quint64> begunCalls() const
    {
        std::vector<quint64> calls;
        for (const std::atomic<quint64> &slot : begun) {
            if (const quint64 call = slot.load(std::memory_order_relaxed); call != 0)
                calls.push_back(call);
        }
        std::sort(calls.begin(), calls.end());
        calls.erase(std::unique(calls.begin(), calls.end()), calls.end());
        return calls;
    }
    /// Returns whether the worker can be ended without loss: it is idle, no checkout holds it, and what it has not read
    /// has certainly not begun.
    [[nodiscard]] bool isFree() const
    {
        return state.load(std::memory_order_acquire) == Idle && held.load(std::memory_order_relaxed) == 0;
    }
    [[nodiscard]] QByteArray methodName() const
    {
        std::array<char, MethodBytes> bytes{};
        for (std::size_t i = 0; i < method.size(); ++i) {
            const quint64 word = method[i].load(std::memory_order_relaxed);
            std::memcpy(bytes.data() + i * sizeof word, &word, sizeof word);
        }
        bytes.back() = 0;
        for (char &byte : bytes) { // the name came from a client and will be logged
            if (byte != 0 && uchar(byte) < 0x20)
                byte = '?';
        }
        return QByteArray(bytes.data());
    }
};

static_assert(std::atomic<quint64>::is_always_lock_free);

}

#endif
