// SPDX-License-Identifier: MIT
// A client: as many requests under way as its workers can do and some more, until the storm is over.
#include "desk.h"
#include "habits.h"
#include "ledger.h"
#include "roles.h"

#include <QtPrefork/Client>
#include <QtPrefork/Frame>
#include <QtPrefork/FrameTry>

#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>

#include <algorithm>
#include <cstdio>
#include <malloc.h>

namespace Storm {

namespace {

using namespace std::chrono_literals;

constexpr auto LookAtPhase = 10ms;
constexpr quint32 RequestsPerWorker = 5;

Prefork::ClientOptions optionsOf(const ClientRole &role)
{
    Prefork::ClientOptions options{
        .name = "storm", .minWorkers = std::min(2, role.workers), .maxWorkers = role.workers, .timeout = 4s};
    options.idleTimeout = std::chrono::milliseconds(IdleMilliseconds);
    options.protocol = role.isJson() ? Prefork::Protocol::Json : Prefork::Protocol::Native;
    options.reuseAfterError = role.index % 2 == 1;
    options.maxCheckouts = role.index % 4 == 2 ? 25 : 0;
    constexpr std::array Graces{0ms, 5ms, 1000ms};
    options.cancelGrace = Graces.at(std::size_t(role.index) % Graces.size());
    return options;
}

class StormyClient
{
    Q_DISABLE_COPY_MOVE(StormyClient)

public:
    StormyClient(Ledger &ledger, const ClientRole &role)
        : m_ledger(ledger)
        , m_page(ledger.header().clients.at(std::size_t(role.index)))
        , m_desk(ledger, role.seed, !role.isJson())
        , m_options(optionsOf(role))
        , m_client(Prefork::Address::unixSocket(QString::fromLocal8Bit(role.path)), m_options)
    {
        m_desk.onSettled([this] { fill(); });
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { look(); });
        m_timer.start(LookAtPhase);
        fill();
    }
    ~StormyClient() { m_desk.onSettled({}); }

private:
    // Outside of all frames, for requests have nothing to do with the one whose end made room for them.
    void fill()
    {
        const auto enough = RequestsPerWorker * quint32(m_options.maxWorkers);
        Prefork::frameVoid([&] {
            while (m_desk.unsettled() < enough && m_ledger.mayClaim())
                useClient(&m_desk, &m_client);
        });
    }

    void look()
    {
        const Phase phase = m_ledger.phase();
        if (phase == Phase::End)
            QCoreApplication::quit();
        fill();
        const bool isSettled = m_desk.unsettled() == 0;
        bool isAtRest = isSettled && m_client.workerCount() == m_options.minWorkers
            && m_client.idleWorkerCount() == m_options.minWorkers;
        if (phase == Phase::Calm && isSettled && !m_hasRecycled) {
            m_client.recycleWorkers();
            m_hasRecycled = true;
            isAtRest = false;
        }
        if (isAtRest)
            ::malloc_trim(0); // What the allocator keeps for later would look like growth.
        m_page.unsettled.store(m_desk.unsettled());
        m_page.isAtRest.store(isAtRest);
        m_page.phase.store(quint32(phase)); // last: it makes the rest valid
    }

    Ledger &m_ledger;
    ClientPage &m_page;
    Desk m_desk;
    Prefork::ClientOptions m_options;
    Prefork::Client m_client;
    QTimer m_timer;
    bool m_hasRecycled = false;
};

}

int runClient(Ledger &ledger, const ClientRole &role)
{
    int argc = 1;
    char name[] = "prefork-storm";
    char *argv[] = {name, nullptr};
    QCoreApplication app(argc, argv);
    bool isHandled = true;
    Prefork::setUnhandledErrorHandler([&](const Prefork::Error &error) {
        std::fprintf(stderr, "prefork-storm: nobody caught: %s\n", qPrintable(error.backTrace()));
        isHandled = false;
    });
    const StormyClient client(ledger, role);
    const int status = QCoreApplication::exec();
    return isHandled ? status : 1;
}

}
