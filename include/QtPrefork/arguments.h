// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ARGUMENTS_H
#define QTPREFORK_ARGUMENTS_H

#include <QtPrefork/detail/convert.h>
#include <QtPrefork/sourcelocation.h>

#include <QtCore/QVariant>

#include <initializer_list>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

class Arguments;
class FunctionArguments;

/// One argument of a call by name. It is made from any value that fits a QVariant. Strings of every kind, literals too,
/// become QStrings.
class Argument
{
public:
    template <class T>
        requires(!std::same_as<T, Argument> && !std::same_as<T, Arguments> && !std::same_as<T, FunctionArguments>)
    Argument(const T &value) // NOLINT: implicit on purpose
    {
        if constexpr (std::convertible_to<T, QVariant> && !std::is_array_v<T> && !std::is_pointer_v<T>)
            m_value = value;
        else if constexpr (std::convertible_to<const T &, QAnyStringView>)
            m_value = QAnyStringView(value).toString();
        else
            m_value = detail::toVariant(value);
    }
    /// Returns the argument.
    [[nodiscard]] const QVariant &value() const noexcept { return m_value; }
    /// Shows the argument as a QVariant.
    template <class Debug>
        requires std::same_as<Debug, QDebug>
    friend Debug operator<<(Debug debug, const Argument &argument)
    {
        return debug << argument.value();
    }

private:
    QVariant m_value;
};

/// The arguments of a call by name. `{sql, id}` are two arguments. `{list}` is one argument, which is a list. `list`, a
/// QVariantList without braces, is as many arguments as the list has items.
///
/// **Threads.** Each thread may have its own copies of a value. Several threads must not use one object at the same
/// time.
class Arguments
{
public:
    Arguments() = default;
    Arguments(std::initializer_list<Argument> arguments)
    {
        m_values.reserve(qsizetype(arguments.size()));
        for (const Argument &argument : arguments)
            m_values.append(argument.value());
    }
    Arguments(const QVariantList &list) // NOLINT: implicit on purpose
        : m_values(list)
    {
    }
    /// Returns the arguments as a list.
    [[nodiscard]] const QVariantList &toList() const noexcept { return m_values; }
    /// Returns the number of arguments.
    [[nodiscard]] qsizetype size() const noexcept { return m_values.size(); }
    /// Shows the arguments as a list.
    template <class Debug>
        requires std::same_as<Debug, QDebug>
    friend Debug operator<<(Debug debug, const Arguments &arguments)
    {
        return debug << arguments.toList();
    }

private:
    QVariantList m_values;
};

/// The arguments of Checkout::callFunction(), with the place in the source where they were written.
class FunctionArguments : public Arguments
{
public:
    FunctionArguments(std::initializer_list<Argument> arguments, SourceLocation location = SourceLocation::current())
        : Arguments(arguments)
        , m_location(location)
    {
    }
    FunctionArguments(const Arguments &arguments,
                      SourceLocation location = SourceLocation::current()) // NOLINT: implicit on purpose
        : Arguments(arguments)
        , m_location(location)
    {
    }
    FunctionArguments(const QVariantList &list,
                      SourceLocation location = SourceLocation::current()) // NOLINT: implicit on purpose
        : Arguments(list)
        , m_location(location)
    {
    }
    /// Returns the place in the source where the arguments were written.
    [[nodiscard]] SourceLocation location() const noexcept { return m_location; }

private:
    SourceLocation m_location;
};

}

#endif
