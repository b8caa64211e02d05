// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FREEDBLOCKS_P_H
#define QTPREFORK_FREEDBLOCKS_P_H

#include <QtCore/QByteArray>

namespace Prefork::Internal {

/// The C library puts small blocks that are freed aside, and joins all of them with their neighbours when a large one
/// is asked for or freed: 150 ms and more for a million. So this asks for one, to be called after each step of
/// something that frees many.
inline void joinFreedBlocks()
{
    static constexpr qsizetype Large = 4096;
    const QByteArray block(Large, Qt::Uninitialized);
    Q_UNUSED(block)
}

}

#endif
