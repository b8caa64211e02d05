// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSTDERR_P_H
#define QTPREFORK_POSIXSTDERR_P_H

#include "posix/descriptor_p.h"

/// These functions write to standard error without waiting for whoever reads it.
namespace Prefork::Posix {

/// While it lives, writing to standard error does not wait for the reader, as far as that is possible: a pipe is
/// reopened without blocking, and restored by the destructor. The caller must ask hasRoom() before it writes.
class NonBlockingStderr
{
    Q_DISABLE_COPY_MOVE(NonBlockingStderr)

public:
    NonBlockingStderr();
    ~NonBlockingStderr();
    /// Returns false if a write would wait.
    [[nodiscard]] bool hasRoom() const { return m_hasRoom; }
    /// Returns whether anything that was written to stderr since the last call was lost.
    [[nodiscard]] bool takeFailure();

private:
    bool m_hasRoom = true;
    Fd m_original; // the original descriptor while another is at its number
};

/// Returns whether standard error has room for a line, and for some more that others may write meanwhile.
[[nodiscard]] bool hasAmpleStderr();
/// Writes @p line and an end of line to standard error without waiting. Returns false if there was no room.
bool writeToStderrNow(QByteArray line);

}

#endif
