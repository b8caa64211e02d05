// SPDX-License-Identifier: MIT
// QtConcurrent: the same work in two threads of the program, without isolation, the result back in the thread that
// asked.
#include "meter.h"

#include <QtConcurrent/QtConcurrentRun>
#include <QtCore/QCoreApplication>
#include <QtCore/QFuture>
#include <QtCore/QThreadPool>

#include <array>
#include <atomic>

namespace Bench {

namespace {

constexpr int Threads = 2;
constexpr int InFlight = Threads * 64;

class Caller : public QObject
{
public:
    explicit Caller(double seconds)
        : m_meter(seconds)
    {
        m_pool.setMaxThreadCount(Threads);
        for (std::atomic<bool> &attached : m_attached)
            next(&attached);
    }

    ~Caller() override { m_pool.waitForDone(); }

    [[nodiscard]] const Meter &meter() const { return m_meter; }

private:
    // Qt 6.4 crashes when a function ends while its continuation is being attached, so the function waits for that. The
    // wait is rare and short; not to have it would be no faster.
    void next(std::atomic<bool> *attached)
    {
        attached->store(false, std::memory_order_relaxed);
        const auto function = [attached](const QString &text) {
            while (!attached->load(std::memory_order_acquire)) { }
            return text;
        };
        QtConcurrent::run(&m_pool, function, m_text).then(this, [this, attached](const QString &reply) {
            check(reply.size() == m_text.size());
            if (m_meter.tick())
                next(attached);
            else
                QCoreApplication::quit();
        });
        attached->store(true, std::memory_order_release);
    }

    const QString m_text = text(0);
    std::array<std::atomic<bool>, InFlight> m_attached{};
    Meter m_meter;
    QThreadPool m_pool;
};

}

double qtConcurrentPipelined(const Context &context)
{
    QCoreApplication app(context.argc, context.argv);
    const Caller caller(context.seconds);
    QCoreApplication::exec();
    return caller.meter().perSecond();
}

}
