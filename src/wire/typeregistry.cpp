// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/typeregistry.h>

#include <QtPrefork/detail/gadget.h>

#include <QtCore/QMutex>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <stdexcept>
#include <vector>

namespace Prefork::detail {

namespace {

struct BuiltIn
{
    QByteArray name;
    QMetaType type;
    TypeRegistry::Operators operators;
};

/// These are the built-in types: they are few, and never removed. A library that is loaded may add some while other
/// threads look types up.
struct BuiltIns
{
    QMutex mutex;
    std::vector<std::unique_ptr<const BuiltIn>> types;
};

BuiltIns &builtIns()
{
    static BuiltIns all;
    return all;
}

QString pointerProblem()
{
    return QStringLiteral("is a pointer, which means nothing to another process: send the value it points to");
}

const BuiltIn *builtInOf(const QByteArray &name)
{
    BuiltIns &all = builtIns();
    const QMutexLocker lock(&all.mutex);
    for (const auto &entry : all.types) {
        if (entry->name == name)
            return entry.get();
    }
    return nullptr;
}

}

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

QString TypeRegistry::missing(const TypeRegistry *types, QByteArrayView name)
{
    static constexpr std::array<QByteArrayView, 20> GuiTypes{
        "QBrush",     "QColor",      "QColorSpace",  "QFont",     "QImage",    "QImage.rows", "QKeySequence",
        "QMatrix4x4", "QPen",        "QPainterPath", "QPalette",  "QPolygon",  "QPolygonF",   "QQuaternion",
        "QRegion",    "QTextLength", "QTransform",   "QVector2D", "QVector3D", "QVector4D",
    };
    if (name.endsWith('*'))
        return pointerProblem();
    if (std::find(GuiTypes.begin(), GuiTypes.end(), name) != GuiTypes.end())
        return QStringLiteral("is known only to a program that includes <QtPrefork/GuiTypes>");
    if (name.startsWith("std::") && !name.contains("multi"))
        return QStringLiteral("is not known here: include <QtPrefork/Method> before the class that has it");
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

QString TypeRegistry::missing(const TypeRegistry *types, QMetaType type)
{
    const QString problem = neverSendable(type);
    return problem.isEmpty() ? missing(types, type.name()) : problem;
}

QString TypeRegistry::neverSendable(QMetaType type)
{
    if (QByteArrayView(type.name()).endsWith('*'))
        return pointerProblem();
    if ((type.flags() & QMetaType::IsGadget) && !isGadget(type) && !type.hasRegisteredDataStreamOperators())
        return QStringLiteral("is a Q_GADGET without a Q_PROPERTY, so that nothing of it is sent: give it properties");
    return {};
}

QMetaType TypeRegistry::typeOf(QByteArrayView name) const
{
    const QByteArray key = QByteArray::fromRawData(name.data(), name.size());
    const auto added = m_types.constFind(key);
    if (added != m_types.cend())
        return added.value();
    const BuiltIn *const builtIn = builtInOf(key);
    return builtIn ? builtIn->type : QMetaType();
}

const QByteArray *TypeRegistry::builtInNameOf(QMetaType type)
{
    BuiltIns &all = builtIns();
    const QMutexLocker lock(&all.mutex);
    for (const auto &entry : all.types) {
        if (entry->type == type)
            return &entry->name;
    }
    return nullptr;
}

bool TypeRegistry::addBuiltIn(const QByteArray &name, QMetaType type, const Operators &operators)
{
    BuiltIns &all = builtIns();
    const QMutexLocker lock(&all.mutex);
    all.types.push_back(std::make_unique<const BuiltIn>(BuiltIn{name, type, operators}));
    return true;
}

bool TypeRegistry::save(const QByteArray &name, QMetaType type, QDataStream &stream, const void *value)
{
    const BuiltIn *const builtIn = builtInOf(name);
    return builtIn && builtIn->type == type && builtIn->operators.save ? builtIn->operators.save(stream, value)
                                                                       : type.save(stream, value);
}

bool TypeRegistry::load(const QByteArray &name, QMetaType type, QDataStream &stream, void *value)
{
    const BuiltIn *const builtIn = builtInOf(name);
    const bool isBuiltIn = builtIn && builtIn->type == type;
    if (isBuiltIn && stream.version() != QDataStream::Qt_6_4) // what was written otherwise is not ours
        return false;
    try {
        return isBuiltIn && builtIn->operators.load ? builtIn->operators.load(stream, value) : type.load(stream, value);
    } catch (const std::bad_alloc &) { // it believes a number that the bytes do not bear out
        return false;
    } catch (const std::length_error &) {
        return false;
    }
}

}
