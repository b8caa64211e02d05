// SPDX-License-Identifier: MIT
// How much longer the event loop keeps a timer waiting while the workers compute than while they are idle. Both are
// measured in one process, by turns, so that what else happens on the machine disturbs both.
#include "ours.h"

#include <QtCore/QTimer>

#include <cmath>

namespace Bench {

namespace {

constexpr int Turns = 4; // of each kind
constexpr int CallsInFlight = 16; // to each worker
constexpr qint64 CallMicroseconds = 2000;
// A timer of 1 ms that waits as long as this while the pool is idle waits for the machine.
constexpr double QuietMilliseconds = 5;

class Gaps
{
public:
    Gaps(Prefork::Client *client, double seconds)
        : m_seconds(seconds)
    {
        for (int worker = 0; worker < Workers; ++worker) {
            m_checkouts.push_back(client->checkout());
            m_checkouts.back()->call(compute, qint64(0));
        }
        for (const Prefork::CheckoutPtr &checkout : m_checkouts)
            check(checkout->waitForSettled());
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { tick(); });
        begin();
        m_timer.start(1);
    }

    [[nodiscard]] double idle() const { return quantile(m_gaps[Idle], 0.99) * 1e3; }
    [[nodiscard]] double busy() const { return quantile(m_gaps[Busy], 0.99) * 1e3; }

private:
    enum Kind { Idle, Busy };

    void begin()
    {
        m_begin = m_last = Clock::now();
        if (m_kind == Busy) {
            for (const Prefork::CheckoutPtr &checkout : m_checkouts) {
                for (int call = 0; call < CallsInFlight; ++call)
                    send(checkout.get());
            }
        }
    }

    void send(Prefork::Checkout *checkout)
    {
        ++m_inFlight;
        checkout->call(compute, CallMicroseconds, [this, checkout] {
            --m_inFlight;
            if (!m_isOver)
                send(checkout);
        });
    }

    // A turn is over after its time, and the next begins when the workers have nothing to do any more.
    void tick()
    {
        if (!m_isOver) {
            m_gaps[m_kind].push_back(secondsSince(m_last));
            m_last = Clock::now();
            m_isOver = secondsSince(m_begin) > m_seconds;
        }
        if (!m_isOver || m_inFlight > 0)
            return;
        m_isOver = false;
        m_kind = m_kind == Idle ? Busy : Idle;
        if (++m_turns == 2 * Turns)
            QCoreApplication::quit();
        else
            begin();
    }

    const double m_seconds;
    std::vector<Prefork::CheckoutPtr> m_checkouts;
    QTimer m_timer;
    std::array<std::vector<double>, 2> m_gaps; // by kind
    Kind m_kind = Idle;
    int m_turns = 0;
    bool m_isOver = false;
    int m_inFlight = 0;
    Clock::time_point m_begin;
    Clock::time_point m_last;
};

}

double oursGaps(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    Gaps gaps(&client, context.seconds);
    program.exec();
    if (gaps.idle() > QuietMilliseconds)
        fail(QStringLiteral("the machine is busy: a timer of 1 ms waits %1 ms at p99 while the pool is idle, and with "
                            "more than %2 ms the difference says nothing about the library")
                 .arg(gaps.idle(), 0, 'f', 1)
                 .arg(QuietMilliseconds));
    return std::abs(gaps.busy() - gaps.idle());
}

}
