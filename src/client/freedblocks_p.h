// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FREEDBLOCKS_P_H
#define QTPREFORK_FREEDBLOCKS_P_H

#include <QtCore/QByteArray>

namespace Prefork::Internal {

/// Has the C library join small freed blocks with their neighbours now. It puts them aside when they are freed, and
/// joins all of them at once when a large block is allocated or freed: that takes 150 ms and more for a million. So
/// whoever frees very many blocks in steps calls this after each step: it allocates a large block.
inline void joinFreedBlocks()
{
    static constexpr qsizetype Large = 4096;
    const QByteArray block(Large, Qt::Uninitialized);
    Q_UNUSED(block)
}

}

#endif
