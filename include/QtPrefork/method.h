// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_METHOD_H
#define QTPREFORK_METHOD_H

#include <QtPrefork/detail/convert.h>
#include <QtPrefork/sourcelocation.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QString>

#include <concepts>
#include <tuple>
#include <type_traits>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// The name and the signature of a method. Worker and client share it, and the compiler checks both sides:
/// `inline constexpr Prefork::Method<QString(QString)> hash{"hash"};`
///
/// The name must be a literal, or live as long as the Method. Parameters may be written as values or as const
/// references. A copy of a Method notes the place in the source where the copy was made: this is how back-traces show
/// where a call was made. A Method never changes, so any thread may use it.
template <class Signature>
class Method;

template <class R, class... A>
class Method<R(A...)>
{
public:
    using Result = std::remove_cvref_t<R>;
    using Parameters = std::tuple<std::remove_cvref_t<A>...>;
    static constexpr std::size_t ParameterCount = sizeof...(A);

    /// Makes a method with this name.
    explicit constexpr Method(const char *name) noexcept
        : m_name(name)
    {
    }
    /// Makes a copy that was made at @p location.
    constexpr Method(const Method &other, SourceLocation location = SourceLocation::current()) noexcept
        : m_name(other.m_name)
        , m_location(location)
    {
    }
    Method &operator=(const Method &) = delete;

    /// Returns the name of the method.
    [[nodiscard]] constexpr const char *name() const noexcept { return m_name; }
    /// Shows the name of the method.
    template <class Debug>
        requires std::same_as<Debug, QDebug>
    friend Debug operator<<(Debug debug, const Method &method)
    {
        return debug << method.name();
    }
    /// Returns the place in the source where this copy was made, or an unknown place for an original.
    [[nodiscard]] constexpr SourceLocation location() const noexcept { return m_location; }

private:
    const char *m_name;
    SourceLocation m_location;
};

/// The name of a method that is called by name: any string, with the place in the source where it was written.
class MethodName
{
public:
    template <class String>
        requires std::convertible_to<String, QAnyStringView>
    MethodName(const String &name, SourceLocation location = SourceLocation::current()) // NOLINT: implicit on purpose
        : m_name(QAnyStringView(name).toString())
        , m_location(location)
    {
    }
    /// Returns the name.
    [[nodiscard]] const QString &name() const noexcept { return m_name; }
    /// Returns the place in the source where the name was written.
    [[nodiscard]] SourceLocation location() const noexcept { return m_location; }
    /// Shows the name.
    template <class Debug>
        requires std::same_as<Debug, QDebug>
    friend Debug operator<<(Debug debug, const MethodName &method)
    {
        return debug << method.name();
    }

private:
    QString m_name;
    SourceLocation m_location;
};

}

#endif
