// SPDX-License-Identifier: MIT
#include "counted.h"

#include "ours.h"
#include "relay.h"

#include <QtPrefork/Server>

#include <QtCore/QFile>
#include <QtCore/QFuture>
#include <QtCore/QSocketNotifier>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>

namespace Bench {

namespace {

constexpr int InFlight = 64;
constexpr int OneShotsInFlight = 4;

qint64 worker = 0; // its process id

/// Starts the program of the worker and waits until its server listens. It ends together with this process.
void startServer(char *const command[])
{
    std::array<int, 2> input{};
    std::array<int, 2> output{};
    if (::pipe2(input.data(), O_CLOEXEC) != 0 || ::pipe2(output.data(), O_CLOEXEC) != 0)
        fail(QStringLiteral("no pipe"));
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO);
    ::posix_spawn_file_actions_addclose(&actions, ResultDescriptor);
    pid_t server = 0;
    if (::posix_spawnp(&server, command[0], &actions, nullptr, command, environ) != 0)
        fail(QStringLiteral("cannot start %1").arg(QString::fromLocal8Bit(command[0])));
    ::close(input[0]);
    ::close(output[1]);
    char ready = 0;
    if (::read(output[0], &ready, 1) != 1)
        fail(QStringLiteral("the program of the worker has ended at once"));
}

// A client under callgrind is so slow that its budget of time would cut its work into chance pieces.
Prefork::ClientOptions options()
{
    Prefork::ClientOptions options = workers(1);
    options.readBudget = std::chrono::hours(1);
    return options;
}

/// This is what the modes have in common: an application, a client, and how many calls are left. Each mode tells
/// settled() of a call that has settled, and makes the next one if that returns true.
class CountedProgram
{
public:
    CountedProgram(const Context &context, qint64 calls, const char *path)
        : m_text(text(context.parameter))
        , m_app(context.argc, context.argv)
        , m_client(Prefork::Address::unixSocket(QFile::decodeName(path)), options())
        , m_left(calls)
    {
        Prefork::setUnhandledErrorHandler([](const Prefork::Error &error) { fail(error.message()); });
    }
    [[nodiscard]] Prefork::Client *client() { return &m_client; }
    [[nodiscard]] const QString &argument() const { return m_text; }
    /// Asks the worker for its process id, then runs @p begin, and returns when all calls have settled.
    template <class Begin>
    void exec(Begin begin)
    {
        m_client.call(workerPid, [begin](qint64 pid) {
            worker = pid;
            begin();
        });
        QCoreApplication::exec();
    }
    /// Returns whether a further call is wanted.
    [[nodiscard]] bool settled(const QString &reply)
    {
        check(reply.size() == m_text.size());
        if (--m_left > 0)
            return true;
        QCoreApplication::quit();
        return false;
    }

private:
    const QString m_text;
    QCoreApplication m_app;
    Prefork::Client m_client;
    qint64 m_left;
};

void callNext(CountedProgram *program, Prefork::Checkout *checkout)
{
    checkout->call(echo, program->argument(), [program, checkout](const QString &reply) {
        if (program->settled(reply))
            callNext(program, checkout);
    });
}

void futureNext(CountedProgram *program, Prefork::Checkout *checkout)
{
    checkout->future(echo, program->argument()).then([program, checkout](const QString &reply) {
        if (program->settled(reply))
            futureNext(program, checkout);
    });
}

void oneShotNext(CountedProgram *program)
{
    program->client()->call(echo, program->argument(), [program](const QString &reply) {
        if (program->settled(reply))
            oneShotNext(program);
    });
}

void checkoutNext(CountedProgram *program)
{
    program->client()->checkout()->call(echo, program->argument(), [program](const QString &reply) {
        if (program->settled(reply))
            checkoutNext(program);
    });
}

// Makes the calls of a round only when all of the last round have settled, so that the worker reads them together.
void nextRound(CountedProgram *program, Prefork::Checkout *checkout, int *left)
{
    *left = InFlight;
    for (int i = 0; i < InFlight; ++i)
        checkout->call(echo, program->argument(), [program, checkout, left](const QString &reply) {
            const bool goesOn = program->settled(reply);
            if (--*left == 0 && goesOn)
                nextRound(program, checkout, left);
        });
}

using Next = void (*)(CountedProgram *program, Prefork::Checkout *checkout);

template <int InFlight, Next next>
void onCheckout(CountedProgram &program)
{
    Prefork::CheckoutPtr checkout;
    program.exec([&] {
        checkout = program.client()->checkout();
        for (int i = 0; i < InFlight; ++i)
            next(&program, checkout.get());
    });
}

void rounds(CountedProgram &program)
{
    Prefork::CheckoutPtr checkout;
    int left = 0;
    program.exec([&] {
        checkout = program.client()->checkout();
        nextRound(&program, checkout.get(), &left);
    });
}

void oneShots(CountedProgram &program)
{
    program.exec([&program] {
        for (int i = 0; i < OneShotsInFlight; ++i)
            oneShotNext(&program);
    });
}

void checkouts(CountedProgram &program)
{
    program.exec([&program] { checkoutNext(&program); });
}

struct CountedMode
{
    const char *name;
    void (*run)(CountedProgram &program);
};

constexpr std::array Modes{
    CountedMode{"pipelined", onCheckout<InFlight, callNext>},
    CountedMode{"sequential", onCheckout<1, callNext>},
    CountedMode{"future", onCheckout<InFlight, futureNext>},
    CountedMode{"oneshot", oneShots},
    CountedMode{"checkout", checkouts},
    CountedMode{"rounds", rounds},
};

}

void runCountedMode(const char *name, Context context, qint64 calls, char *const server[])
{
    const auto mode = std::find_if(Modes.begin(), Modes.end(),
                                   [name](const CountedMode &other) { return !std::strcmp(other.name, name); });
    if (mode == Modes.end())
        fail(QStringLiteral("no such counted mode"));
    try {
        startServer(server);
        const char *path = nullptr; // the last word of the command
        for (int i = 0; server[i]; ++i)
            path = server[i];
        CountedProgram program(context, calls, path);
        mode->run(program);
        finish(QByteArray::number(::getpid()) + ' ' + QByteArray::number(worker) + '\n', 0);
    } catch (const std::exception &exception) {
        fail(QString::fromUtf8(exception.what()));
    }
}

int serveCounted(int argc, char *argv[], const char *path)
{
    const QByteArray own = QByteArray(path) + ".server";
    startRelay(path, own);
    const Prefork::Interface interface = makeInterface();
    Prefork::Zygote zygote(interface);
    QCoreApplication app(argc, argv);
    Prefork::Server server(&zygote);
    if (!server.listen(Prefork::Address::unixSocket(QFile::decodeName(own)))) {
        std::fprintf(stderr, "prefork-bench: %s\n", qPrintable(server.errorString()));
        return 1;
    }
    std::puts("ready");
    std::fflush(stdout);
    QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, &app, &QCoreApplication::quit);
    return QCoreApplication::exec();
}

}
