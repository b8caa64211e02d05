// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_EXPOSEDOBJECT_P_H
#define QTPREFORK_EXPOSEDOBJECT_P_H

#include <QtCore/QMetaMethod>
#include <QtCore/QObject>
#include <QtCore/QStringList>

#include <functional>
#include <memory>

namespace Prefork::Internal {

/// A QObject whose invokables and public slots are a worker's methods.
class ExposedObject
{
public:
    ExposedObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make);

    [[nodiscard]] QStringList methodNames() const;
    /// Makes the object unless it is there.
    void make();
    [[nodiscard]] QVariant invoke(const QString &name, const QVariantList &arguments);

private:
    template <class Visit>
    void forEachMethod(Visit visit) const;
    [[nodiscard]] QVariant call(const QMetaMethod &method, const QVariantList &arguments);

    const QMetaObject &m_type;
    std::function<std::unique_ptr<QObject>()> m_make;
    std::unique_ptr<QObject> m_object;
};

}

#endif
