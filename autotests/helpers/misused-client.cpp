// SPDX-License-Identifier: MIT
// misused-client MISUSE: uses a client, or a checkout of it, as is not allowed, which ends the program. Ends with 0 if
// nothing happens.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QPoint>
#include <QtCore/QThread>

#include <functional>
#include <map>
#include <string>
#include <sys/resource.h>
#include <thread>

using namespace Prefork;

namespace {

constexpr Method<int(int)> same{"same"};

struct Victim
{
    std::unique_ptr<Client> client = std::make_unique<Client>("unix:/nowhere/at-all");
    CheckoutPtr checkout = client->checkout();
    Call call = checkout->call(same, 1, nullptr, [](const Error &) { });
};

using Misuse = std::function<void(Victim &)>;

// What is done in another thread.
const std::map<std::string, Misuse> elsewhere{
    {"Client::checkout()", [](Victim &of) { static_cast<void>(of.client->checkout()); }},
    {"Client::call()", [](Victim &of) { of.client->call(same, 1); }},
    {"Client::call() by name", [](Victim &of) { of.client->call("same", {1}); }},
    {"Client::call() for a future", [](Victim &of) { static_cast<void>(of.client->future(same, 1)); }},
    {"Client::registerType()", [](Victim &of) { static_cast<void>(of.client->registerType<QPoint>("point")); }},
    {"Client::setProtocol()", [](Victim &of) { of.client->setProtocol(defaultProtocol()); }},
    {"Client::protocol()", [](Victim &of) { static_cast<void>(of.client->protocol()); }},
    {"Client::close()", [](Victim &of) { of.client->close(); }},
    {"Client::recycleWorkers()", [](Victim &of) { of.client->recycleWorkers(); }},
    {"Client::state()", [](Victim &of) { static_cast<void>(of.client->property("state")); }},
    {"Client::address()", [](Victim &of) { static_cast<void>(of.client->address()); }},
    {"Client::connectionError()", [](Victim &of) { static_cast<void>(of.client->connectionError()); }},
    {"Client::workerCount()", [](Victim &of) { static_cast<void>(of.client->workerCount()); }},
    {"Client::idleWorkerCount()", [](Victim &of) { static_cast<void>(of.client->idleWorkerCount()); }},
    {"Client::bytesToWrite()", [](Victim &of) { static_cast<void>(of.client->bytesToWrite()); }},
    {"Client::waitingCheckoutCount()", [](Victim &of) { static_cast<void>(of.client->waitingCheckoutCount()); }},
    {"Client::~Client()", [](Victim &of) { of.client.reset(); }},
    {"Checkout::call()", [](Victim &of) { of.checkout->call(same, 1); }},
    {"Checkout::call() by name", [](Victim &of) { of.checkout->call("same", {1}); }},
    {"Checkout::call() of a function", [](Victim &of) { of.checkout->callFunction({1}); }},
    {"Checkout::call() for a future", [](Victim &of) { static_cast<void>(of.checkout->future(same, 1)); }},
    {"Checkout::call() with options", [](Victim &of) { of.checkout->with({.runTimeout = {}}).call(same, 1); }},
    {"Client::call() with options", [](Victim &of) { of.client->with({.runTimeout = {}}).call(same, 1); }},
    {"Call::cancel()", [](Victim &of) { of.call.cancel(); }},
    {"Call::isSettled()", [](Victim &of) { static_cast<void>(of.call.isSettled()); }},
    {"Checkout::release()", [](Victim &of) { of.checkout->release(); }},
    {"Checkout::abort()", [](Victim &of) { of.checkout->abort(); }},
    {"Checkout::waitForSettled()", [](Victim &of) { static_cast<void>(of.checkout->waitForSettled()); }},
    {"Checkout::isReleased()", [](Victim &of) { static_cast<void>(of.checkout->isReleased()); }},
    {"Checkout::error()", [](Victim &of) { static_cast<void>(of.checkout->error()); }},
    {"Checkout::bytesToWrite()", [](Victim &of) { static_cast<void>(of.checkout->bytesToWrite()); }},
    {"Checkout::pendingCallCount()", [](Victim &of) { static_cast<void>(of.checkout->pendingCallCount()); }},
    {"Checkout::release() of a client that is gone", [](Victim &of) { of.checkout->release(); }},
    {"connect()", // which is allowed
     [](Victim &of) {
         QObject::connect(of.client.get(), &Client::bytesWritten, of.client.get(), [] { });
         QObject::connect(of.checkout.get(), &Checkout::finished, of.checkout.get(), [] { });
     }},
};

// What is done in the client's own thread, given another one.
using Move = std::function<void(Victim &, QThread *)>;
const std::map<std::string, Move> moves{
    {"a Prefork::Client cannot be moved", [](Victim &of, QThread *thread) { of.client->moveToThread(thread); }},
    {"a Prefork::Client cannot be moved with its parent",
     [](Victim &of, QThread *thread) {
         QObject parent;
         of.client->setParent(&parent);
         parent.moveToThread(thread);
     }},
    {"a Prefork::Checkout cannot be moved", [](Victim &of, QThread *thread) { of.checkout->moveToThread(thread); }},
};

int useZygoteElsewhere(int argc, char *argv[])
{
    const Interface interface;
    Zygote zygote(interface);
    QCoreApplication app(argc, argv);
    std::thread([&zygote] { const Client client(&zygote); }).join();
    return 0;
}

}

int main(int argc, char *argv[])
{
    constexpr rlimit noCore{};
    ::setrlimit(RLIMIT_CORE, &noCore);
    const std::string misuse = argc == 2 ? argv[1] : "";
    if (misuse == "a zygote")
        return useZygoteElsewhere(argc, argv);
    QCoreApplication app(argc, argv);
    Victim victim;
    if (misuse.ends_with("is gone"))
        victim.client.reset();
    if (const auto move = moves.find(misuse); move != moves.end()) {
        QThread other;
        move->second(victim, &other);
        return 0;
    }
    const auto found = elsewhere.find(misuse);
    if (found == elsewhere.end())
        return 2;
    std::thread([&] { found->second(victim); }).join();
    return 0;
}
