// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXLIMITS_P_H
#define QTPREFORK_POSIXLIMITS_P_H

#include <QtCore/QString>

#include <sys/types.h>

/// What a process may use, and who it may be.
namespace Prefork::Posix {

/// Allows as many descriptors as may be had. Returns how many were allowed before, for limitDescriptors().
quint64 liftDescriptorLimit();
void limitDescriptors(quint64 count);
[[nodiscard]] quint64 descriptorLimit();
enum class Resource { AddressSpace, CpuSeconds, OpenFiles, CoreBytes, FileBytes };
/// "RLIMIT_AS", …
[[nodiscard]] QString nameOf(Resource resource);
[[nodiscard]] quint64 hardLimit(Resource resource);
/// Both limits, so that there is no way back without privileges.
bool limitResource(Resource resource, quint64 soft, quint64 hard);
/// Bytes; 0 if unknown.
[[nodiscard]] quint64 addressSpaceInUse();
bool setNice(int nice);
bool setOomScoreAdjust(int adjustment);
/// False if this process may not even ask, as under a filter that refuses prctl(2): then it may not forbid them either.
[[nodiscard]] bool mayForbidNewPrivileges();
bool forbidNewPrivileges();
/// Makes @p group the only group of this process, in all its roles.
bool becomeGroup(gid_t group);
/// Makes @p user this process's user in all roles.
bool becomeUser(uid_t user);
/// Tries to become root, in any role. A process for which this is true must end.
[[nodiscard]] bool regainsRoot();

}

#endif
