// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TRUSTEDDIRECTORY_P_H
#define QTPREFORK_TRUSTEDDIRECTORY_P_H

#include "posix/descriptor_p.h"

namespace Prefork::Internal {

/// This is what openTrustedDirectory() returns: the open directory, or an error.
struct TrustedDirectory
{
    Posix::Fd descriptor; ///< open for reading; closed if there is an error
    QString error; ///< names the path, the reason and the cure; empty if there is none
};

/// Opens the directory at an absolute path, if no user but root and the user of this process can make the path, or a
/// file of these two in the directory, lead elsewhere, now or later. So every link and directory on the way must belong
/// to one of these two. Others may write to a directory only if it is sticky like /tmp, where everybody may add files
/// but only their owners may remove them.
[[nodiscard]] TrustedDirectory openTrustedDirectory(const QByteArray &path);

}

#endif
