// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXLIMITS_P_H
#define QTPREFORK_POSIXLIMITS_P_H

#include <QtCore/QString>

#include <sys/types.h>

/// These functions are for the limits of a process, and for its user and group.
namespace Prefork::Posix {

/// Raises the limit of descriptors to the hard limit, or to a number that is always enough. Returns the old limit, for
/// limitDescriptors().
quint64 liftDescriptorLimit();
void limitDescriptors(quint64 count);
[[nodiscard]] quint64 descriptorLimit();
enum class Resource { AddressSpace, CpuSeconds, OpenFiles, CoreBytes, FileBytes };
/// Returns the kernel's name of a limit, as "RLIMIT_AS".
[[nodiscard]] QString nameOf(Resource resource);
[[nodiscard]] quint64 hardLimit(Resource resource);
/// Sets the soft and the hard limit; without privileges this cannot be undone.
bool limitResource(Resource resource, quint64 soft, quint64 hard);
/// Returns the bytes of address space that this process has; 0 if unknown.
[[nodiscard]] quint64 addressSpaceInUse();
bool setNice(int nice);
bool setOomScoreAdjust(int adjustment);
/// Returns false if this process may not even ask for the setting, as under a filter that refuses prctl(): then it
/// cannot set it either.
[[nodiscard]] bool mayForbidNewPrivileges();
bool forbidNewPrivileges();
/// Makes @p group the only group of this process: real, effective and saved.
bool becomeGroup(gid_t group);
/// Makes @p user the user of this process: real, effective and saved.
bool becomeUser(uid_t user);
/// Tries to become root again in any way. A process for which this returns true must end.
[[nodiscard]] bool regainsRoot();

}

#endif
