// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_EVENT_H
#define QTPREFORK_EVENT_H

#include <QtPrefork/detail/convert.h>

#include <QtCore/QtGlobal>

#include <concepts>
#include <tuple>
#include <type_traits>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// The name of an event and the types of what it carries, shared by worker and client and checked by the compiler on
/// both sides: `inline constexpr Prefork::Event<QString, int> lineRead{"lineRead"};`
///
/// A method emits events while it runs (Worker::emitEvent()); who made the call hears them before its result
/// (CallMaker::on()). The name must be a literal, or live as long as the Event. Types may be written by value or by
/// const reference. Any thread may use an Event, which never changes.
template <class... A>
class Event
{
public:
    using Parameters = std::tuple<std::remove_cvref_t<A>...>;
    static constexpr std::size_t ParameterCount = sizeof...(A);

    explicit constexpr Event(const char *name) noexcept
        : m_name(name)
    {
    }
    [[nodiscard]] constexpr const char *name() const noexcept { return m_name; }
    /// For qDebug().
    template <class Debug>
        requires std::same_as<Debug, QDebug>
    friend Debug operator<<(Debug debug, const Event &event)
    {
        return debug << event.name();
    }

private:
    const char *m_name;
};

}

#endif
