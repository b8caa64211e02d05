// SPDX-License-Identifier: MIT
// client-and-applications MODE ADDRESS: a client of the server at ADDRESS, or of a zygote of its own if that is
// "zygote", that is older than the application, outlives it, or meets several. Ends with 0 if all its calls settle as
// they should, or else says which do not.
#include "helpers/embedded.h"

#include <QtPrefork/Client>
#include <QtPrefork/WaitFor>

#include <QtCore/QCoreApplication>
#include <QtCore/QPromise>
#include <QtCore/QTimer>

#include <csignal>
#include <cstdio>
#include <map>
#include <string>
#include <thread>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

int failures = 0;

void check(bool isFine, const char *what)
{
    if (isFine)
        return;
    std::fprintf(stderr, "%s\n", what);
    ++failures;
}

struct Program
{
    int &argc;
    char **argv;
    std::unique_ptr<Zygote> zygote;
    std::unique_ptr<Client> client;
    CheckoutPtr checkout;
    QList<int> results;
    QList<Error> errors;

    void makeClient(const ClientOptions &options = {})
    {
        client = zygote ? std::make_unique<Client>(zygote.get(), options)
                        : std::make_unique<Client>(QString(argv[2]), options);
        checkout = client->checkout();
    }
    void call(const char *method, const QVariant &argument)
    {
        frameTry(
            [&] {
                checkout->call(method, {argument}, [this](const QVariant &result) { results.append(result.toInt()); });
            },
            [this](const Error &error) { errors.append(error); });
    }
    [[nodiscard]] bool isOverTcp() const { return std::string(argv[2]).starts_with("tcp"); }
};

void before(Program &program)
{
    program.makeClient();
    program.call("echo", 1);
    program.call("echo", 2);
    QCoreApplication app(program.argc, program.argv);
    check(program.checkout->waitForSettled(), "calls made before the application do not settle");
    check(program.results == QList<int>({1, 2}), "calls made before the application have no results");
    program.call("echo", 3);
    check(program.checkout->waitForSettled() && program.results.size() == 3, "a call made after it does not settle");
}

void beforeExec(Program &program)
{
    program.makeClient();
    program.call("echo", 1);
    CheckoutPtr impatient = program.client->checkout({.timeout = 50ms});
    frameTry([&] { impatient->call("sleep", {60000}); },
             [&program](const Error &error) { program.errors.append(error); });
    QFuture<int> canceled = program.client->future(Method<int(int)>("sleep"), 60000);
    QCoreApplication app(program.argc, program.argv);
    QTimer::singleShot(10, &app, [&canceled] { canceled.cancel(); });
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, &app, [&program] {
        if (!program.results.isEmpty() && !program.errors.isEmpty())
            QCoreApplication::quit();
    });
    look.start(1ms);
    QCoreApplication::exec();
    check(program.results == QList<int>({1}), "a call made before the application has no result");
    check(program.errors.size() == 1 && program.errors.constFirst().code() == Error::Timeout, "no time-out");
    QTimer::singleShot(2s, &app, &QCoreApplication::quit);
    while (!canceled.isFinished() && program.client->state() == Client::Connected)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    check(canceled.isFinished(), "a future that was canceled does not finish");
}

void waitForFutures(Program &program)
{
    if (program.isOverTcp())
        return;
    const Method<int(int)> echo("echo");
    check(!waitFor(program.client->future(Method<void(int)>("sleep"), 60000), 20ms), "a future finishes too early");
    QFuture<int> one = program.checkout->future(echo, 7);
    check(waitFor(one) && one.result() == 7, "without an application a future does not finish");
    Client other(QString(program.argv[2]));
    Client *const second = program.zygote ? program.client.get() : &other; // of two clients neither keeps the other
    one = program.client->future(echo, 8);
    const QFuture<int> two = second->future(echo, 9);
    check(waitFor(two) && waitFor(one) && two.result() == 9,
          "of two clients without an application one does not finish");
    QPromise<int> promise;
    promise.start();
    std::thread thread([&promise] {
        promise.addResult(1);
        promise.finish();
    });
    check(waitFor(promise.future()), "without an application another thread's future does not finish");
    thread.join();
}

// Over TCP nothing connects without an application.
void none(Program &program)
{
    program.makeClient({.timeout = 5s});
    for (int i = 0; i < 100; ++i)
        program.call("echo", i);
    program.call("sleep", 10);
    const bool hasSettled = program.checkout->waitForSettled(program.isOverTcp() ? 100ms : 30s);
    check(hasSettled != program.isOverTcp(), "without an application calls do not settle");
    check(program.isOverTcp() || program.results.size() == 101, "without an application calls have no results");
    waitForFutures(program);
    const CheckoutPtr first = std::exchange(program.checkout, program.client->checkout({.timeout = 50ms}));
    program.call("sleep", 60000);
    check(program.checkout->waitForSettled(), "without an application there is no time-out");
    check(!program.errors.isEmpty() && program.errors.constLast().code() == Error::Timeout,
          "without an application another error");
    program.client.reset();
    check(first->pendingCallCount() == 0 && program.checkout->pendingCallCount() == 0,
          "the client's end does not settle its calls");
}

void outliving(Program &program)
{
    {
        QCoreApplication app(program.argc, program.argv);
        program.makeClient();
        program.call("echo", 1);
        check(program.checkout->waitForSettled(), "a call does not settle");
        program.call("sleep", 20);
        QCoreApplication::processEvents();
    }
    program.call("echo", 2);
    check(program.checkout->waitForSettled(), "a call of after the application does not settle");
    check(program.results == QList<int>({1, 0, 2}), "a call of after the application has no result");
    const CheckoutPtr other = program.client->checkout();
    program.call("sleep", 60000);
    check(!program.checkout->waitForSettled(20ms), "a call settles too early");
    program.client.reset();
    check(program.checkout->pendingCallCount() == 0 && program.errors.size() == 1,
          "the client's end does not settle its calls");
    check(!other->waitForSettled(0ms) == (other->pendingCallCount() > 0), "a checkout of a client that is gone hangs");
}

void several(Program &program)
{
    program.makeClient({.minWorkers = 2});
    for (int i = 0; i < 3; ++i) {
        program.call("echo", 10 * i);
        {
            QCoreApplication app(program.argc, program.argv);
            check(program.checkout->waitForSettled(), "a call made before an application does not settle");
            program.call("echo", 10 * i + 1);
            check(program.checkout->waitForSettled(), "a call does not settle");
            program.call("sleep", 20);
            QCoreApplication::processEvents();
        }
        program.call("echo", 10 * i + 3);
        const CheckoutPtr fresh = std::exchange(program.checkout, program.client->checkout());
        program.call("echo", 10 * i + 4);
        QCoreApplication app(program.argc, program.argv);
        check(program.checkout->waitForSettled(), "the next application does not settle a call on a new checkout");
        program.checkout = fresh;
        check(program.checkout->waitForSettled(), "the next application does not settle what was left");
    }
    std::sort(program.results.begin(), program.results.end());
    check(program.results == QList<int>({0, 0, 0, 0, 1, 3, 4, 10, 11, 13, 14, 20, 21, 23, 24}),
          "the results are not those");
    check(program.errors.isEmpty(), "there are errors");
}

void aDeathBetweenTwo(Program &program)
{
    {
        QCoreApplication app(program.argc, program.argv);
        program.makeClient({.minWorkers = 1, .maxWorkers = 1});
        program.call("pid", {});
        check(program.checkout->waitForSettled(), "a call does not settle");
    }
    ::kill(pid_t(program.results.takeFirst()), SIGKILL);
    QCoreApplication app(program.argc, program.argv);
    program.call("sleep", 10000);
    check(program.checkout->waitForSettled(), "a call on a worker that died between two applications does not settle");
    check(program.results.isEmpty() && program.errors.size() == 1, "it has no error");
    program.checkout = program.client->checkout();
    program.call("echo", 5);
    check(program.checkout->waitForSettled() && program.results == QList<int>({5}), "there is no other worker");
}

// It says more than its handler can hear.
void aTalker(Program &program)
{
    {
        QCoreApplication app(program.argc, program.argv);
        program.makeClient();
        program.call("echo", 1);
        check(program.checkout->waitForSettled(), "a call does not settle");
    }
    program.checkout = program.client->checkout({.timeout = 300ms});
    program.checkout->with({})
        .onEvent([](const QString &, const QVariantList &) { ::usleep(5000); })
        .call("chatter", {}, nullptr, [&program](const Error &error) { program.errors.append(error); });
    check(program.checkout->waitForSettled(), "a call whose worker does not stop talking does not settle");
    check(program.errors.size() == 1 && program.errors.constFirst().code() == Error::Timeout, "it does not time out");
}

}

int main(int argc, char *argv[])
{
    const std::map<std::string, void (*)(Program &)> modes{
        {"before", before},       {"before, exec", beforeExec}, {"none", none},
        {"outliving", outliving}, {"several", several},         {"a death between two", aDeathBetweenTwo},
        {"a talker", aTalker},
    };
    if (argc != 3 || !modes.contains(argv[1]))
        return 2;
    Program program{argc, argv, {}, {}, {}, {}, {}};
    Interface interface;
    Test::addBasics(interface);
    if (std::string(argv[2]) == "zygote")
        program.zygote = std::make_unique<Zygote>(interface);
    modes.at(argv[1])(program);
    program.checkout.reset();
    program.client.reset();
    return failures == 0 ? 0 : 1;
}
