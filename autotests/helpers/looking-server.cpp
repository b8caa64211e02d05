// SPDX-License-Identifier: MIT
// looking-server ADDRESS [forked] [hard]: a server, or a ForkedServer, whose workers look at their own descriptors.
// Before it is made two logs are open, one of them at a number above the limit, which is then lowered; with "hard" so
// that nobody can raise it again.
#include <QtPrefork/ForkedServer>
#include <QtPrefork/Interface>
#include <QtPrefork/Server>
#include <QtPrefork/ShutdownSignals>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace {

constexpr int HighNumber = 900;
constexpr rlim_t Limit = 256;
constexpr std::chrono::milliseconds ShutdownTimeout{200};

int s_log = -1;
int s_kept = -1; // opened by preload

bool openLogs(bool isHard)
{
    s_log = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    rlimit limit{};
    if (::dup2(s_log, HighNumber) != HighNumber || ::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return false;
    limit.rlim_cur = Limit;
    if (isHard)
        limit.rlim_max = Limit;
    return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

// Whether it is the same as what the number of the first log has become.
bool isNothing(int descriptor)
{
    struct stat file{};
    struct stat nothing{};
    return ::fstat(descriptor, &file) == 0 && ::fstat(s_log, &nothing) == 0 && file.st_dev == nothing.st_dev
        && file.st_ino == nothing.st_ino;
}

// Above standard ones, at which there is something.
QVariantList openDescriptors()
{
    QVariantList list;
    struct stat file{};
    for (int descriptor = 3; descriptor < 4096; ++descriptor) {
        if (::fstat(descriptor, &file) == 0 && !isNothing(descriptor))
            list.append(descriptor);
    }
    return list;
}

bool isConnection(int descriptor)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    return ::getpeername(descriptor, reinterpret_cast<sockaddr *>(&address), &size) == 0;
}

QVariantList connections()
{
    QVariantList list = openDescriptors();
    list.removeIf([](const QVariant &descriptor) { return !isConnection(descriptor.toInt()); });
    return list;
}

void fill(Prefork::Interface &interface)
{
    interface.preload([&interface] {
        s_kept = ::open("/", O_RDONLY | O_DIRECTORY);
        interface.keepDescriptor(s_kept);
    });
    interface.add("echo", [](const QVariantList &arguments) { return arguments.value(0); });
    interface.add("open", [](const QVariantList &) { return QVariant(openDescriptors()); });
    interface.add("connections", [](const QVariantList &) { return QVariant(connections()); });
    interface.add("log", [](const QVariantList &) { return QVariant(s_log); });
    interface.add("isNothing",
                  [](const QVariantList &arguments) { return QVariant(isNothing(arguments.value(0).toInt())); });
    interface.add("kept", [](const QVariantList &) { return QVariant(s_kept); });
    interface.add("isKeptOfUse", [](const QVariantList &) {
        struct stat file{};
        return QVariant(::fstat(s_kept, &file) == 0 && S_ISDIR(file.st_mode));
    });
    interface.add("writeLogs", [](const QVariantList &) {
        for (const int log : {s_log, HighNumber, s_log, HighNumber}) [[maybe_unused]]
            const ssize_t written = ::write(log, "a line of the log\n", 18);
        return QVariant(true);
    });
}

int listening(const Prefork::Address &address)
{
    std::printf("listening on %s\n", qPrintable(address.toString()));
    return std::fflush(stdout);
}

int failed(const QString &cause)
{
    std::fprintf(stderr, "looking-server: %s\n", qPrintable(cause));
    return 2;
}

int runForked(const Prefork::Interface &interface, const QString &address)
{
    const Prefork::ForkedServer server(interface, address, {}, {.shutdownTimeout = ShutdownTimeout});
    if (!server.isValid())
        return failed(server.errorString());
    sigset_t termination;
    int signal = 0;
    ::sigemptyset(&termination);
    ::sigaddset(&termination, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &termination, nullptr);
    listening(server.address());
    ::sigwait(&termination, &signal);
    return 0;
}

int runServer(int argc, char *argv[], const Prefork::Interface &interface, const QString &address)
{
    Prefork::Zygote zygote(interface);
    QCoreApplication application(argc, argv);
    const Prefork::ShutdownSignals signalWatch;
    Prefork::Server server(&zygote, {.shutdownTimeout = ShutdownTimeout});
    if (!server.listen(address))
        return failed(server.errorString());
    listening(server.address());
    return QCoreApplication::exec();
}

}

int main(int argc, char *argv[])
{
    const auto has = [&](const char *word) {
        return std::any_of(argv + 1, argv + argc, [word](const char *one) { return qstrcmp(one, word) == 0; });
    };
    if (argc < 2 || !openLogs(has("hard")))
        return failed(QStringLiteral("cannot begin"));
    Prefork::Interface interface;
    fill(interface);
    const QString address = QString::fromLocal8Bit(argv[1]);
    return has("forked") ? runForked(interface, address) : runServer(argc, argv, interface, address);
}
