// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INTERFACE_H
#define QTPREFORK_INTERFACE_H

#include <QtPrefork/detail/workermethod.h>
#include <QtPrefork/error.h>
#include <QtPrefork/global.h>
#include <QtPrefork/method.h>

#include <QtCore/QCoreApplication>
#include <QtCore/QObject>
#include <QtCore/QVariant>

#include <functional>
#include <memory>

namespace Prefork {

class InterfacePrivate;

/// What a worker can do. Made at the top of main() and given to a Zygote; from then on it is the workers' and changing
/// it has no effect.
///
/// Methods are plain blocking code. They run in a worker process, one at a time, with no event loop and, unless
/// setApplication() asks for one, no QCoreApplication. What a method throws becomes the caller's error and the worker
/// lives on: a Prefork::Error crosses with code, message and data, a std::exception, QString, std::string or const char
/// * with its text. A result the protocol cannot carry is an error too. (Parity T2-T6, T19-T21.)
///
/// While it runs, a method may ask whether it is still wanted and tell how far it is: see the namespace Worker.
///
/// Without an application nothing that is posted is ever delivered: a queued signal reaches nobody, and deleteLater()
/// never deletes. Delete at once, or let a smart pointer do so. Blocking calls such as QHostInfo::fromName() need none.
///
/// **Values.** Parameters and results may be booleans, integers and enumerations, floating-point numbers, texts, bytes,
/// dates, URLs, most value types of Qt Core, std::optional, durations, tuples, lists, sets and maps of such, Q_GADGETs,
/// which cross field by field, and QVariants of all these: docs/values.md has the table. Over the native protocol they
/// cross exactly, and registered types (registerType()) too; over JSON as far as JSON goes. What arrives may differ
/// from the parameter's type as far as nothing is lost: "5" for 5, but not 5.5. A type that can never cross is refused
/// by the compiler.
///
/// **Threads.** It is filled in the thread that makes the Zygote, before there is a second one. Methods, `setup` and
/// `checkoutDone` run in the only thread of their worker, `preload` in that of the zygote. A method may start threads
/// of its own, which must not touch the call.
class QTPREFORK_EXPORT Interface
{
public:
    using Invoker = std::function<QVariant(const QVariantList &arguments)>;
    using Fallback = std::function<QVariant(const QString &method, const QVariantList &arguments)>;
    /// Makes an application. The arguments, of which there is one, the program's name, stay valid as long as the worker
    /// lives.
    using ApplicationFactory = std::function<QCoreApplication *(int &argc, char **argv)>;

    Interface();
    ~Interface();
    Interface(Interface &&other) noexcept;
    Interface &operator=(Interface &&other) noexcept;

    /// Runs once, in the zygote, before any worker exists: load what all workers may share. Every descriptor it leaves
    /// open must be declared with keepDescriptor(). What it throws makes the zygote invalid. There is no
    /// QCoreApplication, not even with setApplication(): what needs one, as all of QtSql does from Qt 6.8 on, belongs
    /// in setup.
    Interface &preload(std::function<void()> preload);
    /// Runs once per worker, on its first call: open what must not be shared between processes. What it throws is that
    /// call's error, as
    /// `setup exception: …` (code SetupError), and the next call tries again. (Parity T5.)
    Interface &setup(std::function<void()> setup);
    /// Runs in the worker whenever a checkout was released normally, setup or not. There is no one left to answer: what
    /// it throws is logged and ends the worker. (Parity T6.)
    Interface &checkoutDone(std::function<void()> done);

    /// Gives each worker an application object of the class @p T: QCoreApplication, QGuiApplication or one derived from
    /// them. QtSql from Qt 6.8 on, QProcess, a QEventLoop in a method, fonts and QPixmap need one; docs/qt-and-fork.md
    /// has the table. Without this call workers have none.
    ///
    /// It is made in the worker, on its first call, before setup, and never deleted. When that fails it is that call's
    /// error, as
    /// `setup exception: …` (code SetupError), and the next call tries again. Where QT_QPA_PLATFORM is not set, or
    /// empty, a QGuiApplication is made for the platform "offscreen", for a worker has no business on a display.
    ///
    /// Its event loop is never turned: timers and notifiers do nothing, unless a method runs a QEventLoop of its own.
    /// What a method, setup or checkoutDone posts (queued signals, QMetaObject::invokeMethod(), deleteLater()) is
    /// delivered after the call's reply has been written, before the next call begins; so replies of quick methods are
    /// no longer written together. What the handlers of such events post in turn is delivered too, but after eight
    /// rounds the rest waits for the next call. There is no one left to answer: what a handler throws is logged and
    /// ends the worker. A worker that delivers events is busy: ZygoteOptions::hungTimeout begins anew for them, and
    /// abandonedGrace is valid.
    template <class T>
        requires std::derived_from<T, QCoreApplication> && std::constructible_from<T, int &, char **>
    Interface &setApplication()
    {
        return setApplication([](int &argc, char **argv) -> QCoreApplication * { return new T(argc, argv); });
    }
    /// The same with what @p make returns, which must not be null.
    Interface &setApplication(ApplicationFactory make);

    /// Adds a typed method. @p function takes the method's parameters and returns its result. Arguments that do not fit
    /// fail with code BadArguments before it runs. What it returns becomes the result's type by the rules of a call's
    /// arguments (Checkout::call()): the compiler refuses a floating-point number for an integer, and anything but a
    /// bool for a bool; an integer that the result's type does not have fails the call with code WorkerError. A second
    /// method of the same name replaces the first.
    template <class R, class... A, class F>
    Interface &add(const Method<R(A...)> &method, F function)
    {
        using Result = std::remove_cvref_t<R>;
        if constexpr (detail::accept<detail::flawOfFunction<F, Result, std::remove_cvref_t<A>...>()>()) {
            const QString name = QString::fromUtf8(method.name());
            return addMethod(
                name,
                std::make_unique<detail::TypedMethod<F, Result, std::remove_cvref_t<A>...>>(name, std::move(function)));
        } else {
            return *this;
        }
    }
    /// Adds a method that takes whatever arguments come.
    Interface &add(const MethodName &method, Invoker function);
    /// The same for any function that takes a `const QVariantList &` and returns what fits a QVariant, or nothing.
    // That it is a name is looked at first: what a function with `auto` parameters takes is only known by compiling it.
    template <class Name, class F>
        requires(std::convertible_to<const Name &, MethodName> && !std::convertible_to<F, Invoker>)
    Interface &add(const Name &method, F function)
    {
        if constexpr (detail::accept<detail::flawOfNamedFunction<F>()>())
            return add(MethodName(method), Invoker(detail::asInvoker(std::move(function))));
        else
            return *this;
    }

    /// Called for what no method matches: with the name and the arguments after it or, for a function call whose first
    /// argument is not a string, with a null name and all arguments. Without a fallback such calls fail with code
    /// NoSuchMethod. (Parity T3, T4.)
    Interface &fallback(Fallback fallback);

    /// Adds the Q_INVOKABLE methods and public slots of @p T as methods. The object is made in each worker on its first
    /// call, after setup, and never moves. Arguments become the types of parameters by the rules of add(), or fail with
    /// code BadArguments. Overloads are told apart by the number of arguments; default arguments work.
    template <class T>
    Interface &expose()
    {
        if constexpr (detail::accept<detail::flawOfExposed<T>()>())
            return exposeObject(T::staticMetaObject, [] { return std::unique_ptr<QObject>(new T); });
        else
            return *this;
    }

    /// Lets values of @p T, which needs QDataStream operators, cross the native protocol under @p name, as parameters,
    /// results and inside variants. Clients of a server must register the same name (Client::registerType()); those
    /// directly on the zygote know it from here. No other types are ever created from what a peer sends: a call that
    /// has one fails with a text that names it. False, with a warning that says why, if the name or the type is taken,
    /// or there are no such operators.
    template <class T>
    [[nodiscard]] bool registerType(const QByteArray &name)
    {
        return registerMetaType(name, QMetaType::fromType<T>());
    }

    /// Lets @p descriptor, opened by preload, stay open in zygote and workers. Call it inside preload.
    void keepDescriptor(int descriptor) const;

private:
    friend class InterfacePrivate;
    Interface &addMethod(const QString &name, std::unique_ptr<detail::WorkerMethod> method);
    Interface &exposeObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make);
    bool registerMetaType(const QByteArray &name, QMetaType type);

    std::unique_ptr<InterfacePrivate> d;
};

}

#endif
