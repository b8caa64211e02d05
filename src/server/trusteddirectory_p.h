// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TRUSTEDDIRECTORY_P_H
#define QTPREFORK_TRUSTEDDIRECTORY_P_H

#include "posix/descriptor_p.h"

namespace Prefork::Internal {

struct TrustedDirectory
{
    Posix::Fd descriptor; ///< readable; closed if there is an error
    QString error; ///< with the path it is about, the reason and the cure
};

/// Opens the directory at an absolute path if nobody but root and the own user can make the path, or an entry of theirs
/// in the directory, lead elsewhere, now or later. Links and directories on the way must therefore belong to one of
/// these two, and be writable by others only in the manner of /tmp, where everybody may add but only owners may take
/// away.
[[nodiscard]] TrustedDirectory openTrustedDirectory(const QByteArray &path);

}

#endif
