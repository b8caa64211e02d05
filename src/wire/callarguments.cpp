// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/callarguments.h>

#include <algorithm>

namespace Prefork::detail {

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

RefusedArguments::RefusedArguments(std::size_t count, const QString &refusal)
    : CallArguments(false)
    , m_count(count)
    , m_refusal(refusal)
{
}

void RefusedArguments::write(CborWriter &writer) const
{
    writer.fail(m_refusal);
}

ListedArguments::ListedArguments(const QVariantList &list)
    : CallArguments(std::all_of(list.begin(), list.end(), isPlainValue))
    , m_list(list)
{
}

void ListedArguments::write(CborWriter &writer) const
{
    writer.count(sequenceCost<QVariantList>(m_list.size()));
    for (const QVariant &value : m_list) {
        writer.nextArgument();
        writer.writeVariant(value);
    }
    writer.noArgument();
}

}
