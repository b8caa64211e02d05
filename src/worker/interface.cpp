// SPDX-License-Identifier: MIT
#include "worker/interface_p.h"

#include "worker/exposedobject_p.h"

#include <QtCore/QStringList>

#include <algorithm>

namespace Prefork {

Interface::Interface()
    : d(std::make_unique<InterfacePrivate>())
{
}

Interface::~Interface() = default;
Interface::Interface(Interface &&other) noexcept = default;
Interface &Interface::operator=(Interface &&other) noexcept = default;

Interface &Interface::preload(std::function<void()> preload)
{
    d->preload = std::move(preload);
    return *this;
}

Interface &Interface::setup(std::function<void()> setup)
{
    d->setup = std::move(setup);
    return *this;
}

Interface &Interface::checkoutDone(std::function<void()> done)
{
    d->checkoutDone = std::move(done);
    return *this;
}

Interface &Interface::fallback(Fallback fallback)
{
    d->fallback = std::move(fallback);
    return *this;
}

void Interface::keepDescriptor(int descriptor) const
{
    d->keptDescriptors.push_back(descriptor);
}

Interface &Interface::addInvoker(const QString &name, Invoker invoker)
{
    d->methods.insert(name, std::move(invoker));
    return *this;
}

Interface &Interface::exposeObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make)
{
    const auto object = std::make_shared<Worker::ExposedObject>(type, std::move(make));
    const QStringList names = object->methodNames();
    for (const QString &name : names)
        addInvoker(name, [object, name](const QVariantList &arguments) { return object->invoke(name, arguments); });
    d->makeObjects.push_back([object] { object->make(); });
    return *this;
}

void Interface::throwArgumentCount(const QString &method, qsizetype expected, qsizetype given)
{
    const QString noun = expected == 1 ? QStringLiteral("argument") : QStringLiteral("arguments");
    throw Error(Error::BadArguments, QStringLiteral("%1: expected %2 %3, got %4").arg(method).arg(expected).arg(noun).arg(given));
}

void Interface::throwArgumentType(const QString &method, qsizetype position, QMetaType expected, const QVariant &given)
{
    throw Error(Error::BadArguments,
                QStringLiteral("%1: argument %2 must fit %3, got %4")
                    .arg(method)
                    .arg(position + 1)
                    .arg(QLatin1StringView(expected.name()), detail::describe(given)));
}

QVariant InterfacePrivate::invoke(const QVariantList &items) const
{
    const bool isNamed = !items.isEmpty() && items.first().typeId() == QMetaType::QString;
    const QString name = isNamed ? items.first().toString() : QString();
    if (isNamed) {
        const auto method = methods.constFind(name);
        if (method != methods.cend())
            return (*method)(items.sliced(1));
    }
    if (fallback)
        return fallback(name, isNamed ? items.sliced(1) : items);
    if (!isNamed)
        throw Error(Error::NoSuchMethod, QStringLiteral("no method given, and this worker takes no call without one"));
    QStringList known = methods.keys();
    known.sort();
    const QString hint = known.size() <= 20 ? QStringLiteral("; it has: %1").arg(known.join(QStringLiteral(", "))) : QString();
    throw Error(Error::NoSuchMethod, QStringLiteral("this worker has no method '%1'%2").arg(name.left(100), hint));
}

}
