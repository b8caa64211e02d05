// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/signature.h>

namespace Prefork::detail {

// FNV-1a, as docs/protocol.md says.
Signature::Signature(const QByteArray &itsText)
    : text(itsText)
    , hash(0xcbf29ce484222325)
{
    for (const char c : itsText)
        hash = (hash ^ uchar(c)) * 0x100000001b3;
}

}
