// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LOCAL_H
#define QTPREFORK_LOCAL_H

#include <QtPrefork/global.h>

#include <memory>
#include <utility>

namespace Prefork {

namespace detail {
// Keys are never used twice, so that a binding cannot be mistaken for that of a later variable at the same address.
QTPREFORK_EXPORT quint64 newLocalKey() noexcept;
// The cell bound to the key in the code that is running; null when there is none.
QTPREFORK_EXPORT void *findLocal(quint64 key) noexcept;
}

/// A dynamic variable: a value that follows a chain of callbacks as if it were passed along (parity rows F11-F14).
///
/// Usually a variable of namespace scope:
/// @code
/// Local<QString> requestId{"-"};
/// frameLocal(requestId, newId(), [&] { QTimer::singleShot(1s, fub([] { qDebug() << *requestId; })); });
/// @endcode
///
/// A frame that declares the variable (FrameOptions::locals, frameLocal()) has a *binding* of it, which starts
/// value-initialised and is shared by all frames made inside it: they see each other's writes at once. The nearest
/// declaration wins. Code that runs in no such frame, and every catcher of one, sees what was there before: the value
/// outside.
///
/// The value outside belongs to the Local. Bindings belong to frames and follow their thread rules; the value outside
/// is shared by all threads without a lock: when several write it, declare the variable thread_local.
template <class T>
class Local
{
public:
    /// @p outside is the value where no frame binds the variable.
    explicit Local(T outside = T())
        : m_outside(std::move(outside))
    {
    }

    /// The value in the code that is running. The reference to a binding stays good as long as its frame lives.
    [[nodiscard]] T &value() noexcept
    {
        void *cell = detail::findLocal(m_key);
        return cell ? *static_cast<T *>(cell) : m_outside;
    }
    [[nodiscard]] const T &value() const noexcept { return const_cast<Local *>(this)->value(); }
    [[nodiscard]] T &operator*() noexcept { return value(); }
    [[nodiscard]] const T &operator*() const noexcept { return value(); }
    [[nodiscard]] T *operator->() noexcept { return &value(); }
    [[nodiscard]] const T *operator->() const noexcept { return &value(); }
    /// Writes the nearest binding, or the value outside if there is none.
    Local &operator=(T newValue)
    {
        value() = std::move(newValue);
        return *this;
    }
    /// True where a frame binds the variable.
    [[nodiscard]] bool isBound() const noexcept { return detail::findLocal(m_key); }

private:
    friend class LocalBinding;
    Q_DISABLE_COPY_MOVE(Local)

    const quint64 m_key = detail::newLocalKey();
    T m_outside;
};

/// One entry of FrameOptions::locals: "a frame made with these options binds that variable". Made implicitly from a
/// Local. Its type must be default-constructible. The Local need not outlive it.
class LocalBinding
{
public:
    template <class T>
    LocalBinding(const Local<T> &local) noexcept // NOLINT(google-explicit-constructor)
        : m_key(local.m_key)
        , m_makeCell([]() -> std::shared_ptr<void> { return std::make_shared<T>(); })
    {
    }

    [[nodiscard]] quint64 key() const noexcept { return m_key; }
    [[nodiscard]] std::shared_ptr<void> makeCell() const { return m_makeCell(); }

private:
    quint64 m_key;
    std::shared_ptr<void> (*m_makeCell)();
};

}

#endif
