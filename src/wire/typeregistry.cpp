// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/typeregistry.h>

namespace Prefork::detail {

bool TypeRegistry::add(const QByteArray &name, QMetaType type)
{
    if (name.isEmpty() || !QUtf8StringView(name).isValidUtf8() || !type.isValid()
        || !type.hasRegisteredDataStreamOperators())
        return false;
    const auto known = m_types.constFind(name);
    if (known != m_types.cend())
        return known.value() == type;
    if (m_names.contains(type.id()))
        return false;
    m_types.insert(name, type);
    m_names.insert(type.id(), name);
    return true;
}

QMetaType TypeRegistry::typeOf(QByteArrayView name) const
{
    return m_types.value(QByteArray::fromRawData(name.data(), name.size()));
}

}
