// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LOCAL_H
#define QTPREFORK_LOCAL_H

#include <QtPrefork/global.h>

#include <memory>
#include <utility>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

namespace detail {
// Returns a key that no other variable of this process has had, so that a binding is never mistaken for that of a later
// variable at the same address.
QTPREFORK_EXPORT quint64 newLocalKey() noexcept;
// Returns the value that is bound to the key in the code that is running, or null if there is none.
QTPREFORK_EXPORT void *findLocal(quint64 key) noexcept;
}

/// A dynamic variable: a value that follows a chain of callbacks as if each callback passed it to the next.
///
/// Usually it is a variable of namespace scope:
/// @code
/// Local<QString> requestId{"-"};
/// frameLocal(requestId, newId(), [&] { QTimer::singleShot(1s, fub([] { qDebug() << *requestId; })); });
/// @endcode
///
/// A frame that declares the variable (FrameOptions::locals, frameLocal()) has a *binding* of it. The binding starts
/// value-initialised. All frames that are made inside this frame share the binding and see each other's changes at
/// once. If several frames declare the variable, the nearest one counts. Code that runs in no such frame sees the value
/// outside, which belongs to the Local. A catcher of such a frame does not see the binding of this frame. It sees the
/// value of the next outer binding or, if there is none, the value outside.
///
/// **Threads.** Bindings belong to frames and follow their thread rules. The value outside is shared by all threads,
/// without a lock. If several threads write it, declare the variable thread_local.
template <class T>
class Local
{
public:
    /// Makes a variable. @p outside is its value where no frame binds it.
    explicit Local(T outside = T())
        : m_outside(std::move(outside))
    {
    }

    /// Returns the value in the code that is running. A reference to the value of a binding stays valid as long as its
    /// frame lives.
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
    /// Sets the value of the nearest binding, or the value outside if there is none.
    Local &operator=(T newValue)
    {
        value() = std::move(newValue);
        return *this;
    }
    /// Returns true if a frame binds the variable in the code that is running.
    [[nodiscard]] bool isBound() const noexcept { return detail::findLocal(m_key); }

private:
    friend class LocalBinding;
    Q_DISABLE_COPY_MOVE(Local)

    const quint64 m_key = detail::newLocalKey();
    T m_outside;
};

/// One entry of FrameOptions::locals: a frame that is made with these options binds this variable. It converts
/// implicitly from a Local, whose type must be default-constructible. The Local may be destroyed before the
/// LocalBinding.
class LocalBinding
{
public:
    template <class T>
    LocalBinding(const Local<T> &local) noexcept // NOLINT(google-explicit-constructor)
        : m_key(local.m_key)
        , m_makeCell([]() -> std::shared_ptr<void> { return std::make_shared<T>(); })
    {
    }

    /// Returns the key of the variable.
    [[nodiscard]] quint64 key() const noexcept { return m_key; }
    /// Returns a new, value-initialised value for a binding.
    [[nodiscard]] std::shared_ptr<void> makeCell() const { return m_makeCell(); }

private:
    quint64 m_key;
    std::shared_ptr<void> (*m_makeCell)();
};
/// Shows the key of the variable, which has no name.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const LocalBinding &binding);

}

#endif
