// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_EXPOSEDOBJECT_P_H
#define QTPREFORK_EXPOSEDOBJECT_P_H

#include <QtPrefork/detail/workermethod.h>

#include <QtCore/QMetaMethod>
#include <QtCore/QObject>
#include <QtCore/QStringList>

#include <functional>
#include <memory>

namespace Prefork::Internal {

/// This is the QObject of Interface::expose(): its invokables and public slots are methods of the worker. The object is
/// made in the worker, during setup; until then only its type is known. All ExposedMethods of the class share one of
/// these.
class ExposedObject
{
public:
    ExposedObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make);

    [[nodiscard]] QStringList methodNames() const;
    /// Makes the object, if it does not exist yet.
    void make();
    /// Calls the method of this name that has as many parameters as there are @p arguments. Each argument is converted
    /// by the rules of typed methods; the converted values take no more than is left of @p memory. Throws BadArguments.
    [[nodiscard]] QVariant invoke(const QString &name, const QVariantList &arguments, detail::MemoryMeter &memory);

private:
    template <class Visit>
    void forEachMethod(Visit visit) const;
    [[nodiscard]] QVariant call(const QMetaMethod &method, const QVariantList &arguments, detail::MemoryMeter &memory);

    const QMetaObject &m_type;
    std::function<std::unique_ptr<QObject>()> m_make;
    std::unique_ptr<QObject> m_object;
};

/// This is a method of the worker that calls the invokables of one name.
class ExposedMethod final : public detail::WorkerMethod
{
public:
    ExposedMethod(std::shared_ptr<ExposedObject> object, const QString &name)
        : m_object(std::move(object))
        , m_name(name)
    {
    }
    using WorkerMethod::invoke;
    QVariant invoke(const QVariantList &arguments, detail::MemoryMeter &memory) override
    {
        return m_object->invoke(m_name, arguments, memory);
    }

private:
    const std::shared_ptr<ExposedObject> m_object;
    const QString m_name;
};

}

#endif
