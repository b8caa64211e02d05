// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NULLDESCRIPTORS_P_H
#define QTPREFORK_NULLDESCRIPTORS_P_H

#include "posix/file_p.h"

namespace Prefork::Posix {

/// Opens /dev/null; or, where there is none, something else from which nothing can be read and to which nothing can be
/// written.
[[nodiscard]] Fd openNullDevice();

/// These are the descriptors that a forked process has inherited from its program, each replaced by the null device.
/// The program's code may still use their numbers, as a log or syslog() does, so nothing else may ever be opened at
/// these numbers. The zygote and the process of a ForkedServer have one object each.
class NullDescriptors
{
public:
    /// Replaces all descriptors above 2 but @p spared. Returns false, with the cause in errno, if that is not possible.
    [[nodiscard]] bool replaceAllBut(int spared);
    [[nodiscard]] const std::vector<int> &numbers() const { return m_numbers; }
    /// Returns whether @p descriptor was replaced and is still the null device.
    [[nodiscard]] bool isNull(int descriptor) const;
    /// Forgets the numbers at which something else is open by now.
    void forgetChanged();

private:
    std::vector<int> m_numbers; // ascending
    std::optional<FileIdentity> m_nothing;
};

}

#endif
