// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/typeregistry.h>

namespace Prefork::detail {

bool TypeRegistry::add(const QByteArray &name, QMetaType type)
{
    if (!problemOf(name, type).isEmpty())
        return false;
    m_types.insert(name, type);
    m_names.insert(type.id(), name);
    return true;
}

QString TypeRegistry::problemOf(const QByteArray &name, QMetaType type) const
{
    const QString typeName = QString::fromUtf8(type.isValid() ? type.name() : "an invalid type");
    const QString what
        = QStringLiteral("%1 cannot be registered as '%2': ").arg(typeName, QString::fromUtf8(name.left(100)));
    if (name.isEmpty())
        return what + QStringLiteral("the name is empty");
    if (!QUtf8StringView(name).isValidUtf8())
        return what + QStringLiteral("the name is not UTF-8");
    if (!type.isValid() || !type.hasRegisteredDataStreamOperators())
        return what + QStringLiteral("it has no operators << and >> for QDataStream");
    const QMetaType known = m_types.value(name);
    if (known.isValid() && known != type)
        return what + QStringLiteral("another type, %1, has that name").arg(QString::fromUtf8(known.name()));
    const QByteArray *const other = nameOf(type);
    if (other && *other != name)
        return what + QStringLiteral("it is registered as '%1' already").arg(QString::fromUtf8(*other));
    return {};
}

void TypeRegistry::assign(const TypeRegistry &other)
{
    m_types = other.m_types;
    m_names = other.m_names;
}

QString TypeRegistry::missing(const TypeRegistry *types)
{
    switch (types ? types->m_owner : Owner::Unknown) {
    case Owner::Client:
        return QStringLiteral("is not registered here, in the client's program: call Client::registerType() for it");
    case Owner::Interface:
        return QStringLiteral("is not registered here, in the worker's program: call Interface::registerType() for it");
    case Owner::Unknown:
        break;
    }
    return QStringLiteral("is not registered here: call registerType() for it");
}

QMetaType TypeRegistry::typeOf(QByteArrayView name) const
{
    return m_types.value(QByteArray::fromRawData(name.data(), name.size()));
}

}
