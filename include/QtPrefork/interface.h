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

/// Describes what a worker can do. It is made at the top of main() and given to a Zygote. After that, changes to it
/// have no effect.
///
/// Methods are plain blocking code. They run in a worker process, one at a time, without an event loop and, unless
/// setApplication() asks for one, without a QCoreApplication. An exception that a method throws becomes the error of
/// the call, and the worker goes on. If the exception is a Prefork::Error, the client receives its code, message and
/// data. If it is a std::exception, a QString, a std::string or a `const char *`, the client receives its text. If the
/// protocol cannot send the result, the call fails too.
///
/// A method that runs may ask whether its result is still wanted, and may report its progress: see the namespace
/// Worker.
///
/// Without an application, posted events are never delivered: a queued signal reaches no slot, and deleteLater() never
/// deletes. Delete objects directly, or use smart pointers. Blocking functions such as QHostInfo::fromName() need no
/// application.
///
/// **Values.** Parameters and results may be booleans, integers and enumerations, floating-point numbers, texts, bytes,
/// dates, URLs, most value types of Qt Core, std::optional, durations, tuples, and lists, sets and maps of these types.
/// They may be Q_GADGETs, which are sent field by field, and QVariants of all these. docs/values.md has the table. Over
/// the native protocol, these values and registered types (registerType()) arrive exactly as they were. Over JSON they
/// arrive as exactly as JSON allows. A value of another type is converted to the type of the parameter if nothing is
/// lost: "5" is accepted for 5, but 5.5 is not. The compiler refuses a type that can never be sent.
///
/// **Threads.** An Interface is filled in the thread that makes the Zygote, before there is a second thread. Methods,
/// `setup` and `checkoutDone` run in the only thread of their worker. `preload` runs in the only thread of the zygote.
/// A method may start threads of its own. These threads must not emit events or report progress: see the namespace
/// Worker.
class QTPREFORK_EXPORT Interface
{
public:
    /// A function for a method that takes any arguments.
    using Invoker = std::function<QVariant(const QVariantList &arguments)>;
    /// A function for calls that no method matches.
    using Fallback = std::function<QVariant(const QString &method, const QVariantList &arguments)>;
    /// A function that makes an application object. There is one argument, the program's name. It stays valid as long
    /// as the worker lives.
    using ApplicationFactory = std::function<QCoreApplication *(int &argc, char **argv)>;

    /// Makes an interface without methods.
    Interface();
    ~Interface();
    Interface(Interface &&other) noexcept;
    Interface &operator=(Interface &&other) noexcept;

    /// Sets a function that runs once, in the zygote, before there is any worker. It loads what all workers may share.
    /// Every descriptor that it leaves open must be declared with keepDescriptor(). If it throws, the zygote is not
    /// valid. There is no QCoreApplication then, not even with setApplication(). Code that needs one, as all of QtSql
    /// does from Qt 6.8 on, belongs in setup().
    Interface &preload(std::function<void()> preload);
    /// Sets a function that runs once in each worker, on its first call. It opens what processes must not share. If it
    /// throws, the call fails with code SetupError and the text `setup exception: …`, and the next call tries again.
    /// In spare workers it may run before there is a connection (ZygoteOptions::setupAhead).
    Interface &setup(std::function<void()> setup);
    /// Sets a function that runs in the worker whenever a checkout was released normally, whether setup has run or not.
    /// No client waits for it: if it throws, the exception is logged and the worker ends.
    Interface &checkoutDone(std::function<void()> done);

    /// Gives each worker an application object of the class @p T, which must be QCoreApplication, QGuiApplication or a
    /// class derived from them. QtSql from Qt 6.8 on, QProcess, a QEventLoop in a method, fonts and QPixmap need an
    /// application object; docs/qt-and-fork.md has the table. Without this call, workers have none.
    ///
    /// The object is made in the worker, on its first call, before setup, and it is never deleted. If this fails, the
    /// call fails with code SetupError and the text `setup exception: …`, and the next call tries again. If
    /// QT_QPA_PLATFORM is not set or is empty, a QGuiApplication is made for the platform "offscreen", because a worker
    /// must not use a display.
    ///
    /// The event loop of the object never runs: timers and socket notifiers do nothing, unless a method runs a
    /// QEventLoop of its own. Events that a method, setup or checkoutDone posts (queued signals,
    /// QMetaObject::invokeMethod(), deleteLater()) are delivered after the call's reply was written and before the next
    /// call begins. The replies of quick methods are therefore no longer written together. Events that are posted
    /// during this delivery are delivered too. But after eight rounds the remaining events wait for the next call. No
    /// client waits for these events: if the handler of one throws, the exception is logged and the worker ends. A
    /// worker that delivers events is busy: ZygoteOptions::hungTimeout starts again for this work, and abandonedGrace
    /// applies to it.
    template <class T>
        requires std::derived_from<T, QCoreApplication> && std::constructible_from<T, int &, char **>
    Interface &setApplication()
    {
        return setApplication([](int &argc, char **argv) -> QCoreApplication * { return new T(argc, argv); });
    }
    /// Does the same with the object that @p make returns, which must not be null.
    Interface &setApplication(ApplicationFactory make);

    /// Adds a typed method. @p function takes the method's parameters and returns its result. If the function takes
    /// another type of number than the parameter's, this type must be able to hold every value of the parameter's type:
    /// the compiler refuses an int for a qint64. If the arguments of a call do not fit the parameters, the call fails
    /// with code BadArguments before the function is called. The value that the function returns is converted to the
    /// type of the result by the rules for the arguments of a call (Checkout::call()): the compiler refuses a
    /// floating-point number for an integer, and anything but a bool for a bool. If the type of the result cannot hold
    /// an integer value, the call fails with code WorkerError. If there is a method of this name already, it is
    /// replaced.
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
    /// Adds a method that takes any arguments.
    Interface &add(const MethodName &method, Invoker function);
    /// Does the same for any function that takes a `const QVariantList &` and returns nothing or a value that fits a
    /// QVariant.
    // The compiler must check the name first, because the parameters of a function with `auto` parameters are known
    // only when it is compiled.
    template <class Name, class F>
        requires(std::convertible_to<const Name &, MethodName> && !std::convertible_to<F, Invoker>)
    Interface &add(const Name &method, F function)
    {
        if constexpr (detail::accept<detail::flawOfNamedFunction<F>()>())
            return add(MethodName(method), Invoker(detail::asInvoker(std::move(function))));
        else
            return *this;
    }

    /// Sets a function for calls that no method matches. It is called with the name and the arguments. For a call
    /// without a name (Checkout::callFunction()) whose first argument is not a string, it is called with a null name
    /// and all arguments. Without a fallback such calls fail with code NoSuchMethod.
    Interface &fallback(Fallback fallback);

    /// Adds the Q_INVOKABLE methods and public slots of @p T as methods. The object is made in each worker on its first
    /// call, after setup, and is never moved. Arguments are converted to the types of the parameters by the rules of
    /// add(), or the call fails with code BadArguments. Overloads are told apart by the number of arguments only.
    /// Default arguments work.
    template <class T>
    Interface &expose()
    {
        if constexpr (detail::accept<detail::flawOfExposed<T>()>())
            return exposeObject(T::staticMetaObject, [] { return std::unique_ptr<QObject>(new T); });
        else
            return *this;
    }

    /// Allows values of type @p T to be sent over the native protocol, under @p name: as parameters, as results and
    /// inside QVariants. The type needs QDataStream operators. Clients of a server must register the same name
    /// (Client::registerType()). Clients directly on the zygote know it from this call. Returns true if the type was
    /// registered. Returns false, with a warning that says why, if another type has this name, if the type has another
    /// name, or if it has no QDataStream operators.
    ///
    /// A worker makes only values of registered types from what a client sends. A call with a value of another class
    /// fails, with a text that names the type.
    template <class T>
    [[nodiscard]] bool registerType(const QByteArray &name)
    {
        return registerMetaType(name, QMetaType::fromType<T>());
    }

    /// Keeps @p descriptor, which preload has opened, open in the zygote and in the workers. Call it inside preload.
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
