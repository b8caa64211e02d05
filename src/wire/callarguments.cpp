// SPDX-License-Identifier: MIT
#include <QtPrefork/callarguments.h>
#include <QtPrefork/protocol.h>

#include <algorithm>

namespace Prefork {

Protocol defaultProtocol()
{
    return qEnvironmentVariable("PREFORK_PROTOCOL").compare(QLatin1StringView("json"), Qt::CaseInsensitive) == 0
        ? Protocol::Json
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

bool isPlainValue(const QVariant &value)
{
    const int type = value.typeId();
    switch (type) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
    case QMetaType::Float:
    case QMetaType::QString:
    case QMetaType::QByteArray:
    case QMetaType::QStringList:
    case QMetaType::QDateTime:
    case QMetaType::QUrl:
    case QMetaType::QUuid:
        return true;
    default:
        return type <= QMetaType::Double; // numbers and booleans
    }
}

ListedArguments::ListedArguments(const QVariantList &list)
    : CallArguments(std::all_of(list.begin(), list.end(), isPlainValue))
    , m_list(list)
{
}

void ListedArguments::write(CborWriter &writer) const
{
    writer.count(sequenceCost<QVariantList>(m_list.size()));
    for (const QVariant &value : m_list)
        writer.writeVariant(value);
}

}

}
