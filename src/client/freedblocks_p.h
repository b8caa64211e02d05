// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FREEDBLOCKS_P_H
#define QTPREFORK_FREEDBLOCKS_P_H

#include <QtCore/QByteArray>

namespace Prefork::Internal {

/// Makes the C library join small freed blocks with their neighbours now. Otherwise it puts such blocks aside when they
/// are freed, and joins all of them at once when a large block is allocated or freed: that takes 150 ms and more for a
/// million blocks. So code that frees very many blocks in steps calls this after each step. Settler::clearWaste() does,
/// and so does Reader::finishResult(). This function allocates a large block, and frees it again.
inline void joinFreedBlocks()
{
    static constexpr qsizetype Large = 4096;
    const QByteArray block(Large, Qt::Uninitialized);
    Q_UNUSED(block)
}

}

#endif
