// SPDX-License-Identifier: MIT
// Programs that the compiler must refuse, each with one error, which says the reason in one sentence. refused.cmake
// cuts this file at the lines that begin with //!: what is before the first of them is at the beginning of every
// program. Such a line has the name of the program and a part of the error, or nothing for one that must compile. Of an
// error about a type T, "(T is TYPE)" says which type the compiler must name; further errors may follow that one.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Server>
#include <QtPrefork/WaitFor>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QAbstractItemModel>
#include <QtCore/QObject>
#include <QtCore/QPointer>

#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

using namespace Prefork;

struct NoDefault
{
    explicit NoDefault(int) { }
};
struct Plain
{
    void show(int) { }
};
class Window : public QObject
{
public:
    void show(int) { }
    void showText(const QString &) { }
    void enable(bool) { }
};
class OnlyDeclared;
class QPixmap // stands in for that of Qt Gui, which is not included here
{
};
template <class Value>
void giveTo(Client &client)
{
    static constexpr Method<Value()> give{"give"};
    client.call(give);
}
template <class Value>
void takeFrom(Interface &interface)
{
    static constexpr Method<void(Value)> take{"take"};
    interface.add(take, [](const Value &) { });
}

inline constexpr Method<int(int)> square{"square"};
inline constexpr Method<int(int, QString)> add{"add"};
inline constexpr Method<void(bool)> setFlag{"setFlag"};
inline constexpr Method<int(std::optional<int>)> half{"half"};
inline constexpr Method<void(std::pair<int, int>)> move{"move"};
inline constexpr Method<int(int, int, int, int, int)> five{"five"};
inline constexpr Method<int()> count{"count"};
inline constexpr Method<bool()> isThere{"isThere"};
inline constexpr Method<int(NoDefault)> take{"take"};
inline constexpr Method<std::unique_ptr<int>()> give{"give"};
inline constexpr Method<double(double)> mean{"mean"};
inline constexpr Method<qint64(qint64)> sizeOf{"sizeOf"};
inline constexpr Event<double> share{"share"};
inline constexpr Event<quint32> bytes{"bytes"};
inline constexpr Event<int> tick{"tick"};
inline constexpr Event<int, QString> line{"line"};

//! fine:
void calls(Client &client, const CheckoutPtr &checkout, Window *window, long long number)
{
    client.call(square, number, window, &Window::show, [](const Error &) { });
    client.call(half, 'x', [](const QVariant &) { }, nullptr);
    client.call(setFlag, number != 0);
    client.call(move, std::pair(1, 2L));
    client.call("square", {number}, [] { });
    client.call("square", QVariantList{1}, window, [](auto &&) { });
    static_cast<void>(checkout->future(add, 7u, u"text"));
    client.call(mean, 7, [](float) { });
    client.call(mean, 7, [](auto) { });
    client.call(square, 7, [](double) { });
    client.call(square, 7, [](qint64) { });
    client.call(sizeOf, 7, [](const auto &) { });
    client.call(setFlag, true, [](const QVariant &) { });
    static_cast<void>(client.with({})
                          .on(line, [](int) { })
                          .on(line, [] { })
                          .on(line, window, &Window::show)
                          .on(tick, [](long) { })
                          .onProgress([] { })
                          .onProgress(window, [](const Progress &) { })
                          .onEvent([](const QString &) { })
                          .onEvent(window, &Window::showText));
}
void methods(Interface &interface)
{
    interface.add(count, [] { return 5000000000LL; });
    interface.add("nothing", [](const QVariantList &) { });
    interface.add("text", [](const auto &list) { return std::string(std::size_t(list.size()), 'x'); });
    Worker::emitEvent(tick, 5000000000LL);
}

//! too few arguments: error: too few arguments: the method has more parameters
void wrong(Client &client)
{
    client.call(add, 1);
}
//! a callback in place of an argument: error: too few arguments
void wrong(Client &client)
{
    client.call(add, 1, [](int) { });
}
//! a context in place of an argument: error: too few arguments
void wrong(const CheckoutPtr &checkout, Window *window)
{
    checkout->call(add, 1, window, &Window::show);
}
//! no arguments for a future: error: too few arguments
void wrong(Client &client)
{
    static_cast<void>(client.future(add));
}
//! too many arguments: error: too many arguments: behind those of the method
void wrong(Client &client)
{
    client.call(square, 1, 2);
}
//! a text too many: error: too many arguments: behind those of the method
void wrong(const CheckoutPtr &checkout)
{
    checkout->with({}).call(square, 1, "text", [](int) { });
}
//! four too many: error: too many arguments: behind those of the method
void wrong(Client &client, Window *window)
{
    client.call(square, 1, window, [] { }, [] { }, [] { });
}
//! a callback for a future: error: too many arguments: a future takes those of the method and nothing else
void wrong(Client &client)
{
    static_cast<void>(client.future(square, 1, [](int) { }));
}

//! a floating-point number for an integer: error: a floating-point number is given for an integer
void wrong(Client &client)
{
    client.call(square, 7.9);
}
//! one in a future: error: a floating-point number is given for an integer
void wrong(const CheckoutPtr &checkout)
{
    static_cast<void>(checkout->future(square, 7.9f));
}
//! one in an optional: error: a floating-point number is given for an integer
void wrong(Client &client)
{
    client.call(half, 7.9);
}
//! one in a pair: error: a floating-point number is given for an integer
void wrong(Client &client)
{
    client.call(move, std::pair(1, 2.5));
}
//! a text for a bool: error: something that is not a bool is given for a bool
void wrong(Client &client)
{
    client.call(setFlag, "false");
}
//! a number for a bool: error: something that is not a bool is given for a bool
void wrong(Client &client)
{
    client.with({}).call(setFlag, 1);
}
//! a pointer for a bool: error: something that is not a bool is given for a bool
void wrong(Client &client, const int *pointer)
{
    client.call(setFlag, pointer, [] { });
}
//! a text for a number: error: the first argument cannot be converted to the type of its parameter
void wrong(Client &client)
{
    client.call(square, "seven");
}
//! a number for a text: error: the second argument cannot be converted to the type of its parameter
void wrong(const CheckoutPtr &checkout)
{
    static_cast<void>(checkout->future(add, 7, 7));
}
//! a text for the last of five: error: an argument behind the fourth cannot be converted to the type of its parameter
void wrong(Client &client)
{
    client.with({}).call(five, 1, 2, 3, 4, "5");
}
//! a number for the text of an event: error: the second argument cannot be converted to the type of its parameter
void wrong()
{
    Worker::emitEvent(line, 1, 2);
}

//! arguments without braces: error: the arguments of a call by name go in braces
void wrong(Client &client)
{
    client.call("square", 7);
}
//! a callback by name without arguments: error: the arguments of a call by name go in braces
void wrong(const CheckoutPtr &checkout)
{
    checkout->call("count", [](const QVariant &) { });
}
//! a callback for a list: error: the callback of a call by name must take a QVariant
void wrong(Client &client)
{
    client.call("rows", {1}, [](const QVariantList &) { });
}
//! one of a function call: error: the callback of a call by name must take a QVariant
void wrong(const CheckoutPtr &checkout)
{
    checkout->callFunction({1}, [](int, int) { });
}
//! a callback for something else: error: the callback must take the method's result
void wrong(Client &client)
{
    client.call(square, 7, [](const QString &) { });
}
//! a callback that wants to change it: error: the callback must take the method's result
void wrong(Client &client, Window *window)
{
    client.call(add, 7, u"x", window, [](int &) { });
}
//! a callback for errors: error: the callback for errors must take a const Prefork::Error &, or nothing
void wrong(Client &client)
{
    client.call(square, 7, [](int) { }, [](const QString &) { });
}
//! a member function alone: error: a member function as a callback needs its object before it
void wrong(Client &client)
{
    client.call(square, 7, &Window::show);
}

//! a context that is no QObject: error: the context of a callback must be a pointer to a QObject
void wrong(Client &client, Plain *plain)
{
    client.call(square, 7, plain, &Plain::show);
}
//! a context by name: error: the context of a callback must be a pointer to a QObject
void wrong(Client &client, Plain *plain)
{
    client.call("square", {7}, plain, [] { }, [] { });
}
//! a context that is no pointer: error: the context of a callback must be a pointer to a QObject
void wrong(Client &client, Window &window)
{
    client.call(square, 7, window, &Window::show);
}
//! a smart pointer as a context: error: the context of a callback must be a pointer to a QObject
void wrong(Client &client, const std::unique_ptr<Window> &window)
{
    client.call(square, 7, window, [](int) { });
}
//! a class only declared: error: the class of the context object is only declared here
void wrong(Client &client, OnlyDeclared *context)
{
    client.call(square, 7, context, [](int) { });
}
//! a context alone: error: behind the context object a callback is missing
void wrong(Client &client, Window *window)
{
    client.call(square, 7, window);
}
//! a context of a handler: error: the context of a callback must be a pointer to a QObject
void wrong(Client &client, Plain *plain)
{
    static_cast<void>(client.with({}).onProgress(plain, [] { }));
}

//! a context of a fub: error: the context of a callback must be a pointer to a QObject
void wrong(Plain *plain)
{
    fub(plain, [] { });
}
//! a context of a slot: error: the context of a callback must be a pointer to a QObject
void wrong(Plain *plain)
{
    frameSlot(plain, [] { });
}

//! a result that is moved only: error: a parameter or result of a method must be copyable
void wrong(Interface &interface)
{
    interface.add(give, [] { return std::make_unique<int>(1); });
}
//! a call for one: error: a parameter or result of a method must be copyable
void wrong(Client &client)
{
    client.call(give, [](const auto &) { });
}
//! a parameter without a default constructor: error: a parameter or result of a method needs a default constructor
void wrong(Interface &interface)
{
    interface.add(take, [](const NoDefault &) { return 1; });
}
//! a call with one: error: a parameter or result of a method needs a default constructor
void wrong(Client &client)
{
    client.call(take, NoDefault(1), [](int) { });
}
//! a function of other parameters: error: the function must take the method's parameters
void wrong(Interface &interface)
{
    interface.add(square, [](const QString &) { return 1; });
}
//! a function of another result: error: the function must return the method's result, or what converts to it
void wrong(Interface &interface)
{
    interface.add(square, [](int) { return std::make_unique<int>(1); });
}
//! a function of no result: error: the function must return the method's result, or what converts to it
void wrong(Interface &interface)
{
    interface.add(count, [] { });
}
//! a floating-point result: error: the function returns a floating-point number where the method's result is an integer
void wrong(Interface &interface)
{
    interface.add(count, [] { return 7.9; });
}
//! a result that is no bool: error: the function returns something that is not a bool
void wrong(Interface &interface)
{
    interface.add(isThere, [] { return 1; });
}
//! a function with parameters by name: error: a function added by a mere name must take a const QVariantList &
void wrong(Interface &interface)
{
    interface.add("add", [](int a, int b) { return a + b; });
}
//! a function moved only by name: error: a parameter or result of a method must be copyable
void wrong(Interface &interface)
{
    interface.add("give", [](const QVariantList &) { return std::make_unique<int>(1); });
}

//! a function by name that returns what cannot cross: error: this type, a pointer (see T), means nothing
void wrong(Interface &interface)
{
    interface.add("window", [](const QVariantList &) { return static_cast<Window *>(nullptr); });
}

//! an exposed class that is no QObject: error: only a QObject with a default constructor can be exposed
void wrong(Interface &interface)
{
    interface.expose<Plain>();
}

//! a callback for an integer: error: the function takes an integer and is given a floating-point number
void wrong(Client &client)
{
    client.call(mean, 7, [](int) { });
}
//! a member function for a bool: error: the function takes a bool and is given something else
void wrong(Client &client, Window *window)
{
    client.call(square, 7, window, &Window::enable);
}
//! a function for an integer: error: the function takes an integer and is given a floating-point number
void wrong(Interface &interface)
{
    interface.add(mean, [](int value) { return value / 2.0; });
}
//! a handler for an integer: error: the function takes an integer and is given a floating-point number
void wrong(Client &client)
{
    static_cast<void>(client.with({}).on(share, [](int) { }));
}

//! a callback for a smaller integer: error: the function takes a number that cannot have every value that it is given
void wrong(Client &client)
{
    client.call(sizeOf, 7, [](int) { });
}
//! a member function for a smaller integer: error: the function takes a number that cannot have every value
void wrong(const CheckoutPtr &checkout, Window *window)
{
    checkout->call(sizeOf, 7, window, &Window::show);
}
//! a callback for an integer in a double: error: the function takes a number that cannot have every value
void wrong(Client &client)
{
    client.call(sizeOf, 7, [](double) { });
}
//! a function for a smaller integer: error: the function takes a number that cannot have every value
void wrong(Interface &interface)
{
    interface.add(sizeOf, [](int value) { return value; });
}
//! a handler for a number with a sign: error: the function takes a number that cannot have every value
void wrong(Client &client)
{
    static_cast<void>(client.with({}).on(bytes, [](int) { }));
}

//! an event of too much: error: the event carries another number of arguments
void wrong()
{
    Worker::emitEvent(tick, 1, 2);
}
//! an event of a floating-point number: error: a floating-point number is given for an integer
void wrong()
{
    Worker::emitEvent(tick, 7.9);
}
//! a handler of too much: error: the handler must take what the event carries
void wrong(Client &client)
{
    static_cast<void>(client.with({}).on(tick, [](int, int) { }));
}
//! a handler of the second only: error: the handler must take what the event carries
void wrong(Client &client)
{
    static_cast<void>(client.with({}).on(line, [](const QString &) { }));
}
//! a handler of any event: error: the handler must take a QString, the event's name, and a QVariantList
void wrong(Client &client)
{
    static_cast<void>(client.with({}).onEvent([](const QVariantList &) { }));
}
//! a handler of progress: error: the handler must take a const Prefork::Progress &, or nothing
void wrong(Client &client)
{
    static_cast<void>(client.with({}).onProgress([](int) { }));
}
//! a continuation of a call: error: call() returns a handle of the call and no future: use future()
void wrong(Client &client)
{
    client.call(square, 7).then([](int) { });
}
//! a failure handler of a call: error: call() returns a handle of the call and no future: use future()
void wrong(Client &client)
{
    client.call(square, 7).onFailed([](const Error &) { });
}
//! a handler of progress behind the call: error: handlers come before the call
void wrong(Client &client)
{
    client.call(square, 7).onProgress([] { });
}
//! waiting for a call: error: waitFor() waits for a future
void wrong(Client &client)
{
    static_cast<void>(waitFor(client.call(square, 7)));
}
//! a client of a zygote itself: error: the client wants a pointer to the zygote: Client(&zygote)
void wrong(Zygote &zygote)
{
    const Client client(zygote);
}
//! a server of a zygote itself: error: the server wants a pointer to the zygote: Server(&zygote)
void wrong(Zygote &zygote)
{
    const Server server(zygote);
}

//! what crosses:
void right(Client &client, Interface &interface)
{
    using Value = std::map<int, std::vector<std::pair<QString, std::optional<QSet<int>>>>>;
    giveTo<Value>(client);
    takeFrom<Value>(interface);
}
//! a pointer to a client: error: a pointer (see T), means nothing to another process: send the (T is QObject ?\*)
void wrong(Client &client)
{
    giveTo<QObject *>(client);
}
//! a pointer to a worker: error: a pointer (see T), means nothing to another process: send the (T is QObject ?\*)
void wrong(Interface &interface)
{
    takeFrom<QObject *>(interface);
}
//! a class of one's own to a client: error: this class (see T) cannot be sent: make it a Q_GADGET with a (T is Plain)
void wrong(Client &client)
{
    giveTo<std::vector<Plain>>(client);
}
//! a class of one's own to a worker: error: this class (see T) cannot be sent: make it a Q_GADGET with a (T is Plain)
void wrong(Interface &interface)
{
    takeFrom<std::vector<Plain>>(interface);
}
//! a shared pointer in a pair to a client: error: a smart pointer (see T), means nothing (T is std::shared_ptr<int>)
void wrong(Client &client)
{
    giveTo<std::pair<int, std::shared_ptr<int>>>(client);
}
//! a shared pointer in a pair to a worker: error: a smart pointer (see T), means nothing (T is std::shared_ptr<int>)
void wrong(Interface &interface)
{
    takeFrom<std::pair<int, std::shared_ptr<int>>>(interface);
}
//! a view in an optional to a client: error: does not own its text or bytes: send a QString (T is string_view<char>)
void wrong(Client &client)
{
    giveTo<std::optional<std::string_view>>(client);
}
//! a view in an optional to a worker: error: does not own its text or bytes: send a QString (T is string_view<char>)
void wrong(Interface &interface)
{
    takeFrom<std::optional<std::string_view>>(interface);
}
//! a long double to a client: error: is wider than a number can be on its way: send a double (T is long double)
void wrong(Client &client)
{
    giveTo<long double>(client);
}
//! a long double to a worker: error: is wider than a number can be on its way: send a double (T is long double)
void wrong(Interface &interface)
{
    takeFrom<long double>(interface);
}
//! a map with a key twice to a client: error: has keys several times, which no map on (T is QMultiMap<QString, int>)
void wrong(Client &client)
{
    giveTo<QMultiMap<QString, int>>(client);
}
//! a map with a key twice to a worker: error: has keys several times, which no map on (T is QMultiMap<QString, int>)
void wrong(Interface &interface)
{
    takeFrom<QMultiMap<QString, int>>(interface);
}
//! keys with a point to a client: error: has keys that cannot be sent: they must be (T is std::map<double, int)
void wrong(Client &client)
{
    giveTo<std::map<double, int>>(client);
}
//! keys with a point to a worker: error: has keys that cannot be sent: they must be (T is std::map<double, int)
void wrong(Interface &interface)
{
    takeFrom<std::map<double, int>>(interface);
}
//! a place in a model to a client: error: belongs to a model of its process: send row and column (T is QModelIndex)
void wrong(Client &client)
{
    giveTo<QList<QModelIndex>>(client);
}
//! a place in a model to a worker: error: belongs to a model of its process: send row and column (T is QModelIndex)
void wrong(Interface &interface)
{
    takeFrom<QList<QModelIndex>>(interface);
}
//! a guarded pointer to a client: error: a smart pointer (see T), means nothing to another (T is QPointer<QObject>)
void wrong(Client &client)
{
    giveTo<QPointer<QObject>>(client);
}
//! a guarded pointer to a worker: error: a smart pointer (see T), means nothing to another (T is QPointer<QObject>)
void wrong(Interface &interface)
{
    takeFrom<QPointer<QObject>>(interface);
}
//! a view of UTF-16 to a client: error: does not own its text or bytes: send a QString or (T is string_view<char16_t>)
void wrong(Client &client)
{
    giveTo<std::u16string_view>(client);
}
//! a view of UTF-16 to a worker: error: does not own its text or bytes: send a QString or (T is string_view<char16_t>)
void wrong(Interface &interface)
{
    takeFrom<std::u16string_view>(interface);
}
//! pixmaps to a client: error: belongs to the screen of its process: send a QImage, which (T is QPixmap)
void wrong(Client &client)
{
    giveTo<QList<QPixmap>>(client);
}
//! pixmaps to a worker: error: belongs to the screen of its process: send a QImage, which (T is QPixmap)
void wrong(Interface &interface)
{
    takeFrom<QList<QPixmap>>(interface);
}
