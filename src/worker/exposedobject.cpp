// SPDX-License-Identifier: MIT
#include "worker/exposedobject_p.h"

#include "wire/callproblems_p.h"

#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/error.h>

#include <array>

namespace Prefork::Internal {

namespace {

// Returns the value that a typed method with this result would send.
QVariant onTheWire(const QVariant &result)
{
    if (result.metaType() == QMetaType::fromType<std::string>())
        return detail::toVariant(*static_cast<const std::string *>(result.constData()));
    return result;
}

}

ExposedObject::ExposedObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make)
    : m_type(type)
    , m_make(std::move(make))
{
}

template <class Visit>
void ExposedObject::forEachMethod(Visit visit) const
{
    for (int i = QObject::staticMetaObject.methodCount(); i < m_type.methodCount(); ++i) {
        const QMetaMethod method = m_type.method(i);
        const bool isCallable = method.methodType() == QMetaMethod::Method || method.methodType() == QMetaMethod::Slot;
        if (isCallable && method.access() == QMetaMethod::Public)
            visit(method);
    }
}

QStringList ExposedObject::methodNames() const
{
    QStringList names;
    forEachMethod([&names](const QMetaMethod &method) { names.append(QString::fromUtf8(method.name())); });
    names.removeDuplicates();
    return names;
}

void ExposedObject::make()
{
    if (!m_object)
        m_object = m_make();
}

QVariant ExposedObject::invoke(const QString &name, const QVariantList &arguments, detail::MemoryMeter &memory)
{
    QMetaMethod match;
    QStringList signatures;
    forEachMethod([&](const QMetaMethod &method) {
        if (QString::fromUtf8(method.name()) != name)
            return;
        signatures.append(QString::fromUtf8(method.methodSignature()));
        if (method.parameterCount() == arguments.size() && !match.isValid())
            match = method;
    });
    if (!match.isValid()) {
        throw Error(
            Error::BadArguments,
            QStringLiteral("%1: no form of it takes %2; there is %3")
                .arg(name, Wire::countOfArguments(quint64(arguments.size())), signatures.join(QStringLiteral(", "))));
    }
    return call(match, arguments, memory);
}

QVariant ExposedObject::call(const QMetaMethod &method, const QVariantList &arguments, detail::MemoryMeter &memory)
{
    constexpr qsizetype MaxArguments = 32;
    std::array<QVariant, MaxArguments> values;
    std::array<void *, MaxArguments + 1> pointers{};
    const qsizetype count = std::min(arguments.size(), MaxArguments);
    for (qsizetype i = 0; i < count; ++i) {
        const QMetaType type = method.parameterMetaType(int(i));
        if (type.id() == QMetaType::QVariant) {
            values[i] = arguments.at(i);
            pointers[i + 1] = &values[i];
            continue;
        }
        if (!detail::convertVariant(arguments.at(i), type, &values[i], &memory)) {
            const QString name = QString::fromUtf8(method.name());
            if (memory.isOverrun())
                detail::throwArgumentSize(name, memory);
            detail::throwArgumentType(name, std::size_t(i), type, arguments.at(i));
        }
        pointers[i + 1] = values[i].data();
    }
    const QMetaType resultType = method.returnMetaType();
    QVariant result;
    if (resultType.id() == QMetaType::QVariant) {
        pointers[0] = &result;
    } else if (resultType.id() == QMetaType::Void) {
        result = QVariant::fromValue(nullptr); // as a method of add() returns
    } else {
        result = QVariant(resultType);
        pointers[0] = result.data();
    }
    QMetaObject::metacall(m_object.get(), QMetaObject::InvokeMetaMethod, method.methodIndex(), pointers.data());
    return onTheWire(result);
}

}
