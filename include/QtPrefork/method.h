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

/// A method's name and signature, shared by worker and client and checked by the compiler on both sides:
/// `inline constexpr Prefork::Method<QString(QString)> hash{"hash"};`
///
/// The name must be a literal, or live as long as the Method. Parameters may be written by value or by const reference.
/// Handing a Method to a function by value notes the caller's source location, for back-traces. Any thread may use a
/// Method, which never changes.
template <class Signature>
class Method;

template <class R, class... A>
class Method<R(A...)>
{
public:
    using Result = std::remove_cvref_t<R>;
    using Parameters = std::tuple<std::remove_cvref_t<A>...>;
    static constexpr std::size_t ParameterCount = sizeof...(A);

    explicit constexpr Method(const char *name) noexcept
        : m_name(name)
    {
    }
    constexpr Method(const Method &other, SourceLocation location = SourceLocation::current()) noexcept
        : m_name(other.m_name)
        , m_location(location)
    {
    }
    Method &operator=(const Method &) = delete;

    [[nodiscard]] constexpr const char *name() const noexcept { return m_name; }
    /// For qDebug().
    template <class Debug>
        requires std::same_as<Debug, QDebug>
    friend Debug operator<<(Debug debug, const Method &method)
    {
        return debug << method.name();
    }
    [[nodiscard]] constexpr SourceLocation location() const noexcept { return m_location; }

private:
    const char *m_name;
    SourceLocation m_location;
};

/// The name of a method called dynamically: any string, with the source location it was written at.
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
    [[nodiscard]] const QString &name() const noexcept { return m_name; }
    [[nodiscard]] SourceLocation location() const noexcept { return m_location; }

private:
    QString m_name;
    SourceLocation m_location;
};

}

#endif
