// SPDX-License-Identifier: MIT
#include "frame/printable_p.h"

#include <QtPrefork/framecallback.h>

#include <QtCore/QLoggingCategory>
#include <QtCore/QMutex>

namespace Prefork {

namespace {

Q_LOGGING_CATEGORY(lcFrame, "prefork.frame")

struct Hook
{
    QMutex mutex;
    UnhandledErrorHandler handler;
};

// The hook is never destroyed, for destructors of other static objects may still report errors.
Hook &hook()
{
    static auto *const instance = new Hook;
    return *instance;
}

void log(const Error &error)
{
    QString text = error.backTrace().isEmpty() ? error.printableMessage() : error.backTrace();
    while (text.endsWith(u'\n'))
        text.chop(1);
    if (!error.detail().isEmpty()) { // only the detail tells why, for instance, a worker is gone
        const qsizetype lineEnd = text.indexOf(u'\n');
        text.insert(lineEnd < 0 ? text.size() : lineEnd,
                    QStringLiteral(" (") + detail::printable(error.detail()) + u')');
    }
    qCCritical(lcFrame).noquote() << "Unhandled error:" << text;
}

}

UnhandledErrorHandler setUnhandledErrorHandler(UnhandledErrorHandler handler)
{
    const QMutexLocker locker(&hook().mutex);
    return std::exchange(hook().handler, std::move(handler));
}

void reportUnhandled(const Error &error) noexcept
{
    UnhandledErrorHandler handler;
    try {
        {
            const QMutexLocker locker(&hook().mutex);
            handler = hook().handler;
        }
        if (handler)
            handler(error);
        else
            log(error);
    } catch (...) {
        log(error);
        log(Error::fromCurrentException());
    }
}

void detail::warnOfNullContext()
{
    qCWarning(lcFrame) << "A call was given a null pointer for its context object: its callbacks will not run";
}

}
