// SPDX-License-Identifier: MIT
// Qt Remote Objects: each worker is a process with a source, reached over a local socket; calls are slots with a return
// value, each with a watcher, which is its way to call back for every reply. One watcher for the last of many calls is
// faster, but then replies wait for each other; signals with numbers of one's own are a little faster, but go to every
// client and know no errors.
#include "bare.h"
#include "meter.h"
#include "rep_echo_merged.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QUrl>

#include <array>
#include <memory>
#include <unistd.h>

namespace Bench {

namespace {

class EchoObject : public EchoSimpleSource
{
public:
    QString echo(const QString &text) override { return text; }
};

// Abstract: nothing is left in a directory when the process is killed.
QUrl addressOf(int source)
{
    return QUrl(QStringLiteral("localabstract:prefork-bench-%1-%2").arg(::getpid()).arg(source));
}

void startSource(const Context &context, const QUrl &address)
{
    std::array<int, 2> ready{};
    if (::pipe(ready.data()) != 0)
        fail(QStringLiteral("pipe"));
    Bare::startProcess([&] {
        QCoreApplication app(context.argc, context.argv);
        EchoObject object;
        QRemoteObjectHost host(address);
        if (!host.enableRemoting(&object, QStringLiteral("echo")))
            ::_exit(1);
        ::close(ready[0]);
        if (::write(ready[1], "x", 1) != 1)
            ::_exit(1);
        QCoreApplication::exec();
    });
    ::close(ready[1]);
    char byte = 0;
    if (::read(ready[0], &byte, 1) != 1)
        fail(QStringLiteral("a Qt Remote Objects source did not start"));
    ::close(ready[0]);
}

class Caller
{
public:
    Caller(const Context &context, int sources, int inFlight)
        : m_text(text(context.parameter))
    {
        // Forked before there is an application, as our zygote is.
        for (int i = 0; i < sources; ++i)
            startSource(context, addressOf(i));
        QCoreApplication app(context.argc, context.argv);
        std::vector<std::unique_ptr<QRemoteObjectNode>> nodes;
        std::vector<std::unique_ptr<EchoReplica>> replicas;
        for (int i = 0; i < sources; ++i) {
            nodes.push_back(std::make_unique<QRemoteObjectNode>());
            nodes.back()->connectToNode(addressOf(i));
            replicas.emplace_back(nodes.back()->acquire<EchoReplica>(QStringLiteral("echo")));
            if (!replicas.back()->waitForSource(10'000))
                fail(QStringLiteral("no connection to a Qt Remote Objects source"));
        }
        m_meter = Meter(context.seconds);
        for (const auto &replica : replicas) {
            for (int call = 0; call < inFlight; ++call)
                next(replica.get());
        }
        QCoreApplication::exec();
    }

    [[nodiscard]] const Meter &meter() const { return m_meter; }

private:
    void next(EchoReplica *replica)
    {
        auto *const watcher = new QRemoteObjectPendingCallWatcher(replica->echo(m_text));
        QObject::connect(watcher, &QRemoteObjectPendingCallWatcher::finished, watcher,
                         [this, replica](QRemoteObjectPendingCallWatcher *self) {
                             // Deleted one reply later, for it is emitting now, and deleteLater() would cost an event.
                             m_lastWatcher.reset(self);
                             check(self->returnValue().toString().size() == m_text.size());
                             if (m_meter.tick())
                                 next(replica);
                             else
                                 QCoreApplication::quit();
                         });
    }

    QString m_text;
    Meter m_meter{0};
    std::unique_ptr<QRemoteObjectPendingCallWatcher> m_lastWatcher;
};

}

double qtroSequentialRate(const Context &context)
{
    return 1e6 / Caller(context, 1, 1).meter().medianMicroseconds();
}

double qtroPipelined(const Context &context)
{
    return Caller(context, 2, 64).meter().perSecond();
}

}
