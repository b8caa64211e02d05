// SPDX-License-Identifier: MIT
#include "worker/interface_p.h"

#include "worker/exposedobject_p.h"

#include <QtCore/QStringList>

#include <algorithm>
#include <cerrno>

namespace Prefork {

using namespace Internal;

Interface::Interface()
    : d(std::make_unique<InterfacePrivate>())
{
}

Interface::~Interface() = default;
Interface::Interface(Interface &&other) noexcept = default;
Interface &Interface::operator=(Interface &&other) noexcept = default;

Interface &Interface::preload(std::function<void()> preload)
{
    d->warnIfForked("preload()");
    d->preload = std::move(preload);
    return *this;
}

Interface &Interface::setup(std::function<void()> setup)
{
    d->warnIfForked("setup()");
    d->setup = std::move(setup);
    return *this;
}

Interface &Interface::checkoutDone(std::function<void()> done)
{
    d->warnIfForked("checkoutDone()");
    d->checkoutDone = std::move(done);
    return *this;
}

Interface &Interface::setApplication(ApplicationFactory make)
{
    d->warnIfForked("setApplication()");
    d->makeApplication = std::move(make);
    d->programName = program_invocation_short_name; // a copy, because a process title may overwrite it later
    return *this;
}

Interface &Interface::fallback(Fallback fallback)
{
    d->warnIfForked("fallback()");
    d->fallback = std::move(fallback);
    return *this;
}

void Interface::keepDescriptor(int descriptor) const
{
    d->keptDescriptors.push_back(descriptor);
}

Interface &Interface::add(const MethodName &method, Invoker function)
{
    if (!function)
        qWarning("Prefork::Interface: the method '%s' was given an empty function, and its calls will fail",
                 qPrintable(method.name()));
    return addMethod(method.name(), std::make_unique<detail::InvokerMethod>(std::move(function)));
}

Interface &Interface::addMethod(const QString &name, std::unique_ptr<detail::WorkerMethod> method)
{
    d->warnIfForked("the method", name);
    d->add(name, std::move(method));
    return *this;
}

bool Interface::registerMetaType(const QByteArray &name, QMetaType type)
{
    d->warnIfForked("the type", QString::fromUtf8(name));
    const QString problem = d->types.problemOf(name, type);
    if (!problem.isEmpty())
        qWarning("Prefork::Interface::registerType(): %s", qPrintable(problem));
    return d->types.add(name, type);
}

Interface &Interface::exposeObject(const QMetaObject &type, std::function<std::unique_ptr<QObject>()> make)
{
    const auto object = std::make_shared<Internal::ExposedObject>(type, std::move(make));
    const QStringList names = object->methodNames();
    for (const QString &name : names)
        addMethod(name, std::make_unique<Internal::ExposedMethod>(object, name));
    d->makeObjects.push_back([object] { object->make(); });
    return *this;
}

void InterfacePrivate::warnIfForked(const char *what, const QString &name) const
{
    if (isForked)
        qWarning("Prefork::Interface: %s%s comes too late, for the zygote has been made already and no worker knows of "
                 "what is added now: fill the interface before the Zygote",
                 what, name.isEmpty() ? "" : qPrintable(QStringLiteral(" '%1'").arg(name)));
}

void InterfacePrivate::add(const QString &name, std::unique_ptr<detail::WorkerMethod> method)
{
    auto entry = std::make_unique<MethodEntry>();
    entry->name = name.toUtf8();
    entry->method = std::move(method);
    const std::string_view key(entry->name.constData(), std::size_t(entry->name.size()));
    methods.erase(key); // an older entry would own the key
    methods.emplace(key, std::move(entry));
}

void InterfacePrivate::shareSlowFlags(std::span<std::atomic<quint8>> flags)
{
    slowFlags = flags;
    std::size_t index = 0;
    for (const auto &[name, entry] : methods)
        entry->slowFlagIndex = std::min(++index, flags.size() - 1);
}

MethodEntry *InterfacePrivate::find(QByteArrayView name)
{
    const auto found = methods.find(std::string_view(name.data(), std::size_t(name.size())));
    return found == methods.end() ? nullptr : found->second.get();
}

QVariant InterfacePrivate::invoke(const QVariantList &items, detail::MemoryMeter &memory)
{
    if (items.isEmpty() || items.first().typeId() != QMetaType::QString)
        return invokeFallback({}, items);
    const QString name = items.first().toString();
    if (MethodEntry *const entry = find(name.toUtf8()))
        return entry->method->invoke(items.sliced(1), memory);
    return invokeFallback(name, items.sliced(1));
}

QVariant InterfacePrivate::invokeFallback(const QString &name, const QVariantList &arguments) const
{
    if (fallback)
        return fallback(name, arguments);
    if (name.isNull())
        throw Error(Error::NoSuchMethod, QStringLiteral("no method given, and this worker takes no call without one"));
    QStringList known;
    for (const auto &[key, entry] : methods)
        known.append(QString::fromUtf8(entry->name));
    known.sort();
    QString hint;
    if (known.isEmpty())
        hint = QStringLiteral("; it has none at all");
    else if (known.size() <= 20)
        hint = QStringLiteral("; it has: %1").arg(known.join(QStringLiteral(", ")));
    throw Error(Error::NoSuchMethod, QStringLiteral("this worker has no method '%1'%2").arg(name.left(100), hint));
}

}
