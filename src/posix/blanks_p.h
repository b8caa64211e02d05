// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_BLANKS_P_H
#define QTPREFORK_BLANKS_P_H

#include "posix/file_p.h"

namespace Prefork::Posix {

/// A descriptor that takes what is written and gives nothing to read: /dev/null, or where there is none, something that
/// refuses both.
[[nodiscard]] Fd openNothing();

/// The numbers of the descriptors that the program had open when a process was forked from it. The program's code still
/// knows them there, in a log or in syslog(), so they must never become those of something else: nothing is open at
/// each.
class Blanks
{
public:
    /// Blanks all descriptors above 2 but @p spared. False, with the cause in errno, if that cannot be.
    [[nodiscard]] bool blankAllBut(int spared);
    [[nodiscard]] const std::vector<int> &numbers() const { return m_numbers; }
    /// Whether the descriptor is still one that was blanked.
    [[nodiscard]] bool isBlank(int descriptor) const;
    /// Forgets the numbers at which something else is by now.
    void forgetChanged();

private:
    std::vector<int> m_numbers; // ascending
    std::optional<FileIdentity> m_nothing;
};

}

#endif
