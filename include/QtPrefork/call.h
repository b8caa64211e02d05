// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALL_H
#define QTPREFORK_CALL_H

#include <QtPrefork/global.h>

#include <QtCore/QHashFunctions>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

class Call;
class Checkout;
class Client;

/// Numbers the calls of one checkout, from 1.
using CallId = quint64;

namespace Internal {
class ClientCore;
}

/// Stands for a call that was made: a value of 16 bytes, which owns nothing and may be kept for ever.
///
/// It stays safe to use when the call has settled, and when its checkout and its client are gone. While the client
/// lives, cancel() and isSettled() belong to the client's thread: in another one they end the program with a message.
/// Copies stand for the same call, are equal, and have the same hash.
class QTPREFORK_EXPORT Call
{
public:
    /// Stands for no call: it has settled.
    constexpr Call() noexcept = default;

    /// The call is not wanted any more: it settles as canceled when the event loop turns, and neither its callback nor
    /// its error callback is ever called; Checkout::canceled() is emitted, and a future is canceled. False, and nothing
    /// happens, if it has settled, or if it is certain already how it will: its result or error has been read, or its
    /// checkout has ended, and that is about to be delivered.
    ///
    /// A call that its worker does not have never starts, and one that its worker has not begun does not start either.
    /// The method of one that runs is told (Worker::isCanceled()); if it does not end within
    /// ClientOptions::cancelGrace, the worker is killed. The calls behind it run as if nothing had happened, once the
    /// worker is done with it. Over Protocol::Json, and with workers of an older version, a call that was sent can only
    /// be given up together with its worker: then the checkout ends with a fatal error of code Aborted.
    ///
    /// It may be called anywhere, also in callbacks and handlers of the very call.
    bool cancel() const;
    /// Whether the call has settled: its result or its error has been delivered, or is being delivered.
    [[nodiscard]] bool isSettled() const;
    /// Its number in its checkout, as the signals of Checkout have it; 1 for a one-shot, 0 for no call.
    [[nodiscard]] constexpr CallId id() const noexcept { return m_callAndClient & NumberMask; }
    // NOLINTNEXTLINE: implicit on purpose
    constexpr operator CallId() const noexcept { return id(); }

    friend constexpr bool operator==(const Call &a, const Call &b) noexcept
    {
        return a.m_callAndClient == b.m_callAndClient && a.m_checkoutAndClient == b.m_checkoutAndClient;
    }
    friend size_t qHash(const Call &call, size_t seed = 0) noexcept
    {
        return qHashMulti(seed, call.m_callAndClient, call.m_checkoutAndClient);
    }

private:
    friend class Internal::ClientCore;

    static constexpr int NumberBits = 48;
    static constexpr quint64 NumberMask = (quint64(1) << NumberBits) - 1;

    // A client's number is never used again in this process, nor are those of its checkouts, nor the calls' in these.
    constexpr Call(quint32 client, quint64 checkout, CallId call) noexcept
        : m_callAndClient(quint64(client >> 16) << NumberBits | call)
        , m_checkoutAndClient(quint64(client & 0xffff) << NumberBits | checkout)
    {
    }
    // The call of that number in the checkout of this one, whose number is 0.
    [[nodiscard]] constexpr Call sibling(CallId call) const noexcept
    {
        Call other = *this;
        other.m_callAndClient |= call;
        return other;
    }
    [[nodiscard]] constexpr quint64 checkout() const noexcept { return m_checkoutAndClient & NumberMask; }
    [[nodiscard]] constexpr quint32 client() const noexcept
    {
        return quint32(m_callAndClient >> NumberBits) << 16 | quint32(m_checkoutAndClient >> NumberBits);
    }

    quint64 m_callAndClient = 0;
    quint64 m_checkoutAndClient = 0;
};

static_assert(sizeof(Call) == 16);

/// Shows its number, and whether it has settled.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Call &call);

}

Q_DECLARE_TYPEINFO(Prefork::Call, Q_PRIMITIVE_TYPE);

template <>
struct std::hash<Prefork::Call>
{
    size_t operator()(const Prefork::Call &call) const noexcept { return qHash(call); }
};

#endif
