// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTE_P_H
#define QTPREFORK_ZYGOTE_P_H

#include <QtPrefork/zygote.h>

#include "posix/child_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/zygotechannel_p.h"

namespace Prefork::Internal {

/// Returns the error text for a null pointer to a zygote.
[[nodiscard]] inline QString noZygote()
{
    return QStringLiteral(
        "there is no zygote: make one at the top of main(), before QCoreApplication (in a test: QTPREFORK_TEST_MAIN)");
}

}

namespace Prefork {

/// This is the program's side of its zygote: it forks the zygote process, waits until it is ready, and holds what
/// clients and servers on it share.
class ZygotePrivate
{
public:
    [[nodiscard]] static ZygotePrivate &of(const Zygote &zygote) { return *zygote.d; }

    /// Forks the zygote; in the child process this does not return. Returns why there is no zygote; empty if there is
    /// one.
    [[nodiscard]] QString start(InterfacePrivate &interface);
    [[nodiscard]] QString awaitReady();
    /// Returns why this process cannot be forked any more, in a text that begins with @p what; empty if it can.
    [[nodiscard]] static QString tooLate(const QString &what);

    ZygoteOptions options;
    detail::TypeRegistry types; // the types of the interface, which clients on this zygote know too
    QString error;
    std::shared_ptr<Posix::ChildProcess> process; // shared with the channel
    // The scoreboard is shared with servers, which read it.
    std::shared_ptr<Internal::Scoreboard> scoreboard = std::make_shared<Internal::Scoreboard>();
    Posix::Fd control; // the socket to the zygote, until the channel takes it
    std::shared_ptr<Internal::ZygoteChannel> channel;
};

}

#endif
