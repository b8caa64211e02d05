// SPDX-License-Identifier: MIT
#include "server/activation_p.h"

#include "posix/process_p.h"
#include "posix/socket_p.h"

#include <QtCore/QList>

#include <algorithm>
#include <vector>

namespace Prefork::Internal::Activation {

namespace {

struct Socket
{
    int descriptor = -1;
    QByteArray name;
};

// These are the sockets that were passed and not taken yet. The environment is read once and then cleared, or programs
// started from here would take these sockets for their own.
std::vector<Socket> &sockets()
{
    static std::vector<Socket> found = [] {
        constexpr int First = 3;
        constexpr int Most = 1024;
        std::vector<Socket> passed;
        if (qgetenv("LISTEN_PID").toLongLong() == Posix::processId()) {
            const int count = std::clamp(qgetenv("LISTEN_FDS").toInt(), 0, Most);
            const QByteArray names = qgetenv("LISTEN_FDNAMES");
            const QByteArrayList list = names.isEmpty() ? QByteArrayList() : names.split(':');
            for (int i = 0; i < count; ++i) {
                Posix::closeOnExec(First + i);
                passed.push_back({First + i, list.value(i)});
            }
        }
        for (const char *const variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
            qunsetenv(variable);
        return passed;
    }();
    return found;
}

}

bool hasSockets()
{
    return !sockets().empty();
}

Posix::Fd take(const QByteArray &name)
{
    std::vector<Socket> &there = sockets();
    const auto found = std::find_if(there.begin(), there.end(),
                                    [&name](const Socket &one) { return name.isEmpty() || one.name == name; });
    if (found == there.end())
        return {};
    Posix::Fd descriptor(found->descriptor);
    there.erase(found);
    return descriptor;
}

void notify(QByteArrayView state)
{
    const QByteArray path = qgetenv("NOTIFY_SOCKET");
    if (!path.isEmpty())
        Posix::sendDatagram(path, state);
}

}
