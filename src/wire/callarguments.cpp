// SPDX-License-Identifier: MIT
#include <QtPrefork/callarguments.h>
#include <QtPrefork/protocol.h>

namespace Prefork {

Protocol defaultProtocol()
{
    return qEnvironmentVariable("PREFORK_PROTOCOL").compare(QLatin1StringView("json"), Qt::CaseInsensitive) == 0 ? Protocol::Json
                                                                                                            : Protocol::Native;
}

namespace detail {

// FNV-1a, as docs/protocol.md says.
Signature::Signature(const QByteArray &itsText)
    : text(itsText)
    , hash(0xcbf29ce484222325)
{
    for (const char c : itsText)
        hash = (hash ^ uchar(c)) * 0x100000001b3;
}

void ListedArguments::write(CborWriter &writer) const
{
    for (const QVariant &value : m_list)
        writer.writeVariant(value);
}

}

}
