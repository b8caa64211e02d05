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

/// The number of a call in its checkout. The first call of a checkout has the number 1.
using CallId = quint64;

namespace Internal {
class ClientCore;
}
namespace detail {
/// False. It depends on template parameters, so that a static_assert fails only in a function that is really used.
template <class...>
inline constexpr bool isRefused = false;
}

/// A handle of a call that was made. It is a value of 16 bytes that owns nothing and may be kept for any time.
///
/// It stays safe to use when the call has settled, and when its checkout and its client no longer exist. While the
/// client lives, cancel() and isSettled() must be called in the client's thread. In another thread they end the program
/// with a message. Copies of a handle stand for the same call, compare equal, and have the same hash.
class QTPREFORK_EXPORT Call
{
public:
    /// Makes a handle of no call. isSettled() of this handle returns true.
    constexpr Call() noexcept = default;

    /// Cancels the call. It settles as canceled when the event loop turns: Checkout::canceled() is emitted, a future is
    /// canceled, and neither the callback nor the callback for errors is ever called. Returns true if the call will
    /// settle in this way. Returns false, and does nothing, if the call has settled, or if its outcome is already
    /// certain and about to be delivered. The outcome is certain when the result or the error has been read, or when
    /// the checkout has ended.
    ///
    /// A call that was not sent to a worker is never sent. A call that its worker has received but not begun never
    /// starts. If the method of the call runs, Worker::isCanceled() returns true there. If the method does not end
    /// within ClientOptions::cancelGrace, the worker is killed. When the worker has finished with the canceled call,
    /// the calls behind it run as if nothing had happened.
    ///
    /// Over Protocol::Json, and with workers of an older version, a call that was sent can only be given up together
    /// with its worker. The checkout then ends with a fatal error of code Aborted.
    ///
    /// This function may be called from any code in the client's thread, also from callbacks and handlers of this call.
    bool cancel() const;
    /// Returns true if the call has settled: its result or its error has been delivered, or is being delivered, or it
    /// has settled as canceled.
    [[nodiscard]] bool isSettled() const;
    /// Returns the number that the signals of Checkout have for this call. The number of a one-shot is 1, and the
    /// number of no call is 0.
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

    // A Call is often taken for a future or for a CallMaker. These functions make the compiler refuse that, in one
    // sentence.
    template <class... F>
    void then(F &&...) const
    {
        static_assert(detail::isRefused<F...>,
                      "call() returns a handle of the call and no future: use future(), and then() of what it returns");
    }
    template <class... F>
    void onFailed(F &&...) const
    {
        static_assert(detail::isRefused<F...>,
                      "call() returns a handle of the call and no future: use future(), or give call() a callback for "
                      "errors as its last argument");
    }
    template <class... F>
    void onProgress(F &&...) const
    {
        static_assert(detail::isRefused<F...>,
                      "handlers come before the call: client.with({}).onProgress(handler).call(method, arguments)");
    }

private:
    friend class Internal::ClientCore;

    static constexpr int NumberBits = 48;
    static constexpr quint64 NumberMask = (quint64(1) << NumberBits) - 1;

    // No number is used twice in this process: neither that of a client, nor that of a checkout of this client, nor
    // that of a call of this checkout.
    constexpr Call(quint32 client, quint64 checkout, CallId call) noexcept
        : m_callAndClient(quint64(client >> 16) << NumberBits | call)
        , m_checkoutAndClient(quint64(client & 0xffff) << NumberBits | checkout)
    {
    }
    // Returns the call with the number @p call in the same checkout. The number of this Call must be 0.
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

/// Shows the number of the call and whether it has settled.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Call &call);

}

Q_DECLARE_TYPEINFO(Prefork::Call, Q_PRIMITIVE_TYPE);

template <>
struct std::hash<Prefork::Call>
{
    size_t operator()(const Prefork::Call &call) const noexcept { return qHash(call); }
};

#endif
