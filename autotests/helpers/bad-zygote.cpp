// SPDX-License-Identifier: MIT
// bad-zygote MISBEHAVIOUR: makes a zygote in a way that cannot work. Says why it does not on stderr and ends with 3;
// with 0 if it does.
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <unistd.h>

namespace {

/// A thread that is there until it is told otherwise.
class IdleThread
{
public:
    ~IdleThread()
    {
        m_isOver.lock();
        m_over = true;
        m_isOver.unlock();
        m_wakeUp.notify_one();
        m_thread.join();
    }

private:
    void wait()
    {
        std::unique_lock lock(m_isOver);
        m_wakeUp.wait(lock, [this] { return m_over; });
    }

    bool m_over = false;
    std::mutex m_isOver;
    std::condition_variable m_wakeUp;
    std::thread m_thread{[this] { wait(); }};
};

int report(const Prefork::Interface &interface, const Prefork::ZygoteOptions &options = {})
{
    const Prefork::Zygote zygote(interface, options);
    std::fprintf(stderr, "%s\n", qPrintable(zygote.errorString()));
    const bool knowsItself
        = zygote.isValid() == zygote.errorString().isEmpty() && zygote.isValid() == (zygote.processId() != 0);
    return !knowsItself ? 4 : zygote.isValid() ? 0 : 3;
}

int withAKeptDescriptorThatIsNotOpen()
{
    Prefork::Interface interface;
    interface.keepDescriptor(99);
    return report(interface);
}

int withAKeptDescriptorFromBefore()
{
    Prefork::Interface interface;
    interface.keepDescriptor(::open("/dev/zero", O_RDONLY));
    return report(interface);
}

int withPreload(std::function<void()> preload)
{
    Prefork::Interface interface;
    interface.preload(std::move(preload));
    return report(interface);
}

}

int main(int argc, char *argv[])
{
    const std::map<std::string, std::function<int()>> misbehaviours{
        {"none", [] { return withPreload([] { }); }},
        {"after-application",
         [&] {
             QCoreApplication app(argc, argv);
             return report({});
         }},
        {"after-thread",
         [] {
             IdleThread thread;
             return report({});
         }},
        {"preload-throws", [] { return withPreload([] { throw std::runtime_error("the hay is wet"); }); }},
        {"preload-crashes", [] { return withPreload([] { std::signal(SIGSEGV, SIG_DFL), raise(SIGSEGV); }); }},
        {"preload-exits", [] { return withPreload([] { std::exit(9); }); }},
        {"preload-leaks", [] { return withPreload([] { static_cast<void>(::open("/dev/zero", O_RDONLY)); }); }},
        {"preload-leaks-close-on-exec",
         [] { return withPreload([] { static_cast<void>(::open("/dev/full", O_WRONLY | O_CLOEXEC)); }); }},
        {"preload-declares-too-much", withAKeptDescriptorThatIsNotOpen},
        {"declares-one-from-before", withAKeptDescriptorFromBefore},
        {"preload-reopens-one-from-before",
         [] {
             const int before = ::open("/dev/zero", O_RDONLY);
             return withPreload([before] { ::close(before), static_cast<void>(::open("/dev/zero", O_RDONLY)); });
         }},
        {"messages-too-large", [] { return report({}, {.maxMessageSize = qsizetype(1) << 32}); }},
        {"preload-starts-thread", [] { return withPreload([] { new IdleThread; }); }},
    };
    return argc == 2 && misbehaviours.contains(argv[1]) ? misbehaviours.at(argv[1])() : 2;
}
