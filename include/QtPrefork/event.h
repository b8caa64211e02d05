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

/// The name of an event and the types of its values. Worker and client share the Event, and the compiler checks both
/// sides: `inline constexpr Prefork::Event<QString, int> lineRead{"lineRead"};`
///
/// A method emits events while it runs (Worker::emitEvent()). The handlers of the call receive them before the call has
/// its result (CallMaker::on()). The name must be a literal, or live as long as the Event. The types may be written as
/// values or as const references. An Event never changes, so any thread may use it.
template <class... A>
class Event
{
public:
    using Parameters = std::tuple<std::remove_cvref_t<A>...>;
    static constexpr std::size_t ParameterCount = sizeof...(A);

    /// Makes an event with this name.
    explicit constexpr Event(const char *name) noexcept
        : m_name(name)
    {
    }
    /// Returns the name of the event.
    [[nodiscard]] constexpr const char *name() const noexcept { return m_name; }
    /// Shows the name of the event.
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
