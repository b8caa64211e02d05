// SPDX-License-Identifier: MIT
#include "zygote/forkedprocess_p.h"

#include "posix/stderr_p.h"
#include "wire/oneline_p.h"

#include <QtPrefork/error.h>

#include <cstdio>

namespace Prefork::Internal {

// It does not use Qt's logging, because a message handler may have thrown the exception.
void endByException(const char *process) noexcept
{
    QByteArray text;
    try {
        text = Wire::onOneLine(Error::fromCurrentException().message()).toUtf8();
    } catch (...) {
        text = "one that cannot be described";
    }
    if (Posix::NonBlockingStderr errors; errors.hasRoom())
        std::fprintf(stderr, "prefork: %s ends, for nothing caught an exception: %s\n", process, text.constData());
    Posix::exitNow(1);
}

}
