// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHANNEL_P_H
#define QTPREFORK_CHANNEL_P_H

#include <QtCore/QByteArrayView>

#include <chrono>
#include <concepts>
#include <functional>
#include <span>

namespace Prefork::Internal {

/// A session looks at its connection again, when a call begins or a method asks whether it is canceled, if the last
/// look is older than so many nanoseconds.
inline constexpr qint64 LookEvery = std::chrono::nanoseconds(std::chrono::milliseconds(1)).count();

/// These are the operations that a session may do on its connection while it serves, as functions: so a session makes
/// no system call itself. A worker process fills in all of them, a test or InProcessWorker some. Only write() is
/// required: without the others, nothing is read while a method runs, and everything is written by write().
struct Channel
{
    /// Writes all bytes, however long that takes; false if they cannot be delivered.
    using Write = std::function<bool(QByteArrayView bytes)>;

    template <std::convertible_to<Write> W>
    Channel(W itsWrite) // NOLINT: implicit on purpose
        : write(std::move(itsWrite))
    {
    }

    Write write;
    /// Writes what the kernel takes at once, and of a short message everything or nothing, even if the process is
    /// killed meanwhile. Returns how many bytes.
    std::function<qsizetype(QByteArrayView bytes)> tryWrite = {};
    /// Reads what has come, without waiting. Returns how many bytes; 0 if none have come, -1 if none will ever come.
    std::function<qsizetype(std::span<char> into)> readNow = {};
    /// Writes what there is room for, without waiting. Returns how many bytes; -1 if they cannot be delivered.
    std::function<qsizetype(QByteArrayView bytes)> writeNow = {};
    /// Returns whether there is much room to write.
    std::function<bool()> hasRoom = {};
    /// Waits until there is room to write or, if @p orInput is true, something to read.
    std::function<void(bool orInput)> wait = {};
    /// Returns whether the client has closed the connection or, if @p halfIsEnough, has only shut its writing side; it
    /// does not matter whether something is left to read. On a connection where the two cannot be told apart, the
    /// latter is always enough.
    std::function<bool(bool halfIsEnough)> hasHungUp = {};
    /// This is the process id in the worker's hello; 0 = it is not sent.
    quint64 processId = 0;
};

}

#endif
