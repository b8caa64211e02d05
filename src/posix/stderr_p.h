// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSTDERR_P_H
#define QTPREFORK_POSIXSTDERR_P_H

#include "posix/descriptor_p.h"

/// Standard error, without waiting for who reads it.
namespace Prefork::Posix {

/// Makes standard error one that does not wait for its reader, as far as that goes, until it is destroyed.
class HastyStderr
{
    Q_DISABLE_COPY_MOVE(HastyStderr)

public:
    HastyStderr();
    ~HastyStderr();
    /// False if writing would wait.
    [[nodiscard]] bool hasRoom() const { return m_hasRoom; }
    /// Whether anything written to stderr since the last time has got lost.
    [[nodiscard]] bool takeFailure();

private:
    bool m_hasRoom = true;
    Fd m_original; // while another stands in for it
};

/// Whether standard error takes a line without waiting for its reader, and some more that others may write meanwhile.
[[nodiscard]] bool hasAmpleStderr();
/// Writes @p line and an end of line to standard error without waiting. False if there was no room.
bool writeToStderrNow(QByteArray line);

}

#endif
