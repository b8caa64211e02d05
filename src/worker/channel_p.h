// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHANNEL_P_H
#define QTPREFORK_CHANNEL_P_H

#include <QtCore/QByteArrayView>

#include <chrono>
#include <concepts>
#include <functional>
#include <span>

namespace Prefork::Internal {

/// How old the last look at a connection may be when a call begins, or is asked whether it is canceled. In nanoseconds.
inline constexpr qint64 LookEvery = std::chrono::nanoseconds(std::chrono::milliseconds(1)).count();

/// What a session does with its connection besides hearing what was read from it. All but write may be left out: then
/// nothing is read or written while a method runs but what write() can.
struct Channel
{
    /// Writes all bytes, however long that takes; false when they cannot be delivered.
    using Write = std::function<bool(QByteArrayView bytes)>;

    template <std::convertible_to<Write> W>
    Channel(W itsWrite) // NOLINT: implicit on purpose
        : write(std::move(itsWrite))
    {
    }

    Write write;
    /// Writes at once, and of a short message all or nothing, even if the process is killed meanwhile; returns how many
    /// bytes.
    std::function<qsizetype(QByteArrayView bytes)> tryWrite = {};
    /// Reads what has come, without waiting; returns how many bytes, 0 if there are none yet, -1 if none will come any
    /// more.
    std::function<qsizetype(std::span<char> into)> readNow = {};
    /// Writes what there is room for, without waiting; returns how many bytes, or -1 when they cannot be delivered.
    std::function<qsizetype(QByteArrayView bytes)> writeNow = {};
    /// Whether there is much room.
    std::function<bool()> hasRoom = {};
    /// Waits until there is room to write again or, if that is asked for, something to read.
    std::function<void(bool orInput)> wait = {};
    /// Whether the other side has closed the connection or, if that is enough, writes no more, even if there is
    /// something left to read. Where the two cannot be told apart that is always enough.
    std::function<bool(bool halfIsEnough)> hasHungUp = {};
    /// What the worker says of itself; 0 = nothing.
    quint64 processId = 0;
};

}

#endif
