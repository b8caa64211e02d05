// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INTERFACE_H
#define QTPREFORK_INTERFACE_H

#include <QtPrefork/convert.h>
#include <QtPrefork/error.h>
#include <QtPrefork/global.h>
#include <QtPrefork/method.h>

#include <QtCore/QObject>
#include <QtCore/QVariant>

#include <functional>
#include <memory>

namespace Prefork {

class InterfacePrivate;

/// What a worker can do. Made at the top of main() and given to a Zygote; from then on it is the workers' and changing it has no effect.
///
/// Methods are plain blocking code. They run in a worker process, one at a time, with no QCoreApplication and no event loop. What a method
/// throws becomes the caller's error and the worker lives on: a Prefork::Error crosses with code, message and data, a std::exception,
/// QString, std::string or const char * with its text. A result the protocol cannot carry is an error too. (Parity T2-T6, T19-T21.)
class QTPREFORK_EXPORT Interface
{
public:
    using Invoker = std::function<QVariant(const QVariantList &arguments)>;
    using Fallback = std::function<QVariant(const QString &method, const QVariantList &arguments)>;

    Interface();
    ~Interface();
    Interface(Interface &&other) noexcept;
    Interface &operator=(Interface &&other) noexcept;

    /// Runs once, in the zygote, before any worker exists: load what all workers may share. Every descriptor it leaves open must be
    /// declared with keepDescriptor(). What it throws makes the zygote invalid.
    Interface &preload(std::function<void()> preload);
    /// Runs once per worker, on its first call: open what must not be shared between processes. What it throws is that call's error, as
    /// `setup exception: …` (code SetupError), and the next call tries again. (Parity T5.)
    Interface &setup(std::function<void()> setup);
    /// Runs in the worker whenever a checkout was released normally, setup or not. There is no one left to answer: what it throws is
    /// logged and ends the worker. (Parity T6.)
    Interface &checkoutDone(std::function<void()> done);

    /// Adds a typed method. @p function takes the method's parameters and returns its result. Arguments that do not fit fail with code
    /// BadArguments before it runs. A second method of the same name replaces the first.
    template <class R, class... A, class F>
    Interface &add(const Method<R(A...)> &method, F function)
    {
        static_assert(std::is_invocable_v<F &, std::remove_cvref_t<A>...>, "the function must accept the method's parameters");
        static_assert(std::is_void_v<R> || std::is_convertible_v<std::invoke_result_t<F &, std::remove_cvref_t<A>...>, R>,
                      "the function must return the method's result type");
        const QString name = QString::fromUtf8(method.name());
        return addInvoker(name, typedInvoker<R, std::remove_cvref_t<A>...>(name, std::move(function)));
    }
    /// Adds a method that takes whatever arguments come.
    Interface &add(const MethodName &method, Invoker function) { return addInvoker(method.name(), std::move(function)); }

    /// Called for what no method matches: with the name and the arguments after it or, for a function call whose first argument is not a
    /// string, with a null name and all arguments. Without a fallback such calls fail with code NoSuchMethod. (Parity T3, T4.)
    Interface &fallback(Fallback fallback);

    /// Adds the Q_INVOKABLE methods and public slots of @p T as methods. The object is made in each worker on its first call, after
    /// setup, and never moves. Overloads are told apart by the number of arguments; default arguments work.
    template <class T>
        requires std::derived_from<T, QObject> && std::default_initializable<T>
    Interface &expose()
    {
        return exposeObject(T::staticMetaObject, [] { return std::unique_ptr<QObject>(new T); });
    }

    /// Lets @p descriptor, opened by preload, stay open in zygote and workers. Call it inside preload.
    void keepDescriptor(int descriptor) const;

private:
    friend class InterfacePrivate;
    Interface &addInvoker(const QString &name, Invoker invoker);
    Interface &exposeObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make);
    [[noreturn]] static void throwArgumentCount(const QString &method, qsizetype expected, qsizetype given);
    [[noreturn]] static void throwArgumentType(const QString &method, qsizetype position, QMetaType expected, const QVariant &given);

    template <class R, class... A, class F>
    static Invoker typedInvoker(const QString &name, F function)
    {
        return [name, function = std::make_shared<F>(std::move(function))](const QVariantList &arguments) -> QVariant {
            if (std::size_t(arguments.size()) != sizeof...(A))
                throwArgumentCount(name, sizeof...(A), arguments.size());
            return [&]<std::size_t... I>(std::index_sequence<I...>) -> QVariant {
                std::tuple<A...> values;
                (takeArgument(name, arguments, qsizetype(I), &std::get<I>(values)), ...);
                if constexpr (std::is_void_v<R>) {
                    (*function)(std::move(std::get<I>(values))...);
                    return {};
                } else {
                    const std::remove_cvref_t<R> result = (*function)(std::move(std::get<I>(values))...);
                    return detail::toVariant(result);
                }
            }(std::index_sequence_for<A...>());
        };
    }
    template <class T>
    static void takeArgument(const QString &method, const QVariantList &arguments, qsizetype position, T *out)
    {
        if (!detail::fromVariant(arguments.at(position), out))
            throwArgumentType(method, position, QMetaType::fromType<T>(), arguments.at(position));
    }

    std::unique_ptr<InterfacePrivate> d;
};

}

#endif
