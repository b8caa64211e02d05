// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTE_P_H
#define QTPREFORK_ZYGOTE_P_H

#include <QtPrefork/zygote.h>

#include "posix/child_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/zygotechannel_p.h"

namespace Prefork::Internal {

/// What is wrong with a null pointer to a zygote.
[[nodiscard]] inline QString noZygote()
{
    return QStringLiteral("there is no zygote: make one at the top of main(), before QCoreApplication");
}

}

namespace Prefork {

class ZygotePrivate
{
public:
    [[nodiscard]] static ZygotePrivate &of(const Zygote &zygote) { return *zygote.d; }

    /// Forks; in the child it does not return. The text says why there is no zygote.
    [[nodiscard]] QString start(InterfacePrivate &interface);
    [[nodiscard]] QString awaitReady();
    /// Why this process cannot be forked any more, as what is the matter with @p what; empty while it can.
    [[nodiscard]] static QString tooLate(const QString &what);

    ZygoteOptions options;
    detail::TypeRegistry types; // of the interface, which clients on this zygote have too
    QString error;
    std::shared_ptr<Posix::ChildProcess> process; // the channel looks at it too
    std::shared_ptr<Internal::Scoreboard> scoreboard = std::make_shared<Internal::Scoreboard>(); // servers read it too
    Posix::Fd control; // until the channel has it
    std::shared_ptr<Internal::ZygoteChannel> channel;
};

}

#endif
